<?php

declare(strict_types=1);

namespace Ouvrier\Tests\Protocol;

use Ouvrier\Tests\Harness\Client\Connection;
use Ouvrier\Tests\Harness\Client\HttpClient;
use Ouvrier\Tests\Harness\Client\TextClient;
use Ouvrier\Tests\Harness\Client\WebsocketClient;
use Ouvrier\Tests\Harness\ServerProcess;
use Ouvrier\Tests\Harness\ServerTestCase;
use Ouvrier\Tests\Harness\Wait;
use Workerman\Events\Fiber;

/**
 * Protocol classes written in PHP.
 */
final class ApplicationProtocolTest extends ServerTestCase
{
    public function testAClassCutsDecodesAndEncodes(): void
    {
        $server = $this->serveScheme('Packet');
        $client = Connection::to($this->port);

        $client->write(self::packet(['a' => 1]) . self::packet(['b' => [2, 3]]));

        self::assertSame(['a' => 1], self::receivePacket($client));
        self::assertSame(['b' => [2, 3]], self::receivePacket($client));
        $client->close();
        Wait::until(static fn() => is_file("{$server->directory()}/closed"), 'Packet::onClose() was called');
    }

    public function testAPackageMayArriveByteByByte(): void
    {
        $this->serveScheme('Packet');
        $client = Connection::to($this->port);

        foreach (str_split(self::packet(['slowly' => true])) as $byte) {
            $client->write($byte);
        }

        self::assertSame(['slowly' => true], self::receivePacket($client));
    }

    public function testInputIsNotAskedAgainWhileAPackageOfKnownLengthArrives(): void
    {
        $this->serveScheme('Packet');
        $client = Connection::to($this->port);
        $packet = self::packet(['many' => str_repeat('x', 60_000)]);

        foreach (str_split($packet, 1000) as $piece) {
            $client->write($piece);
        }

        self::assertLessThanOrEqual(2, self::receivePacket($client)['calls']);
    }

    public function testAHundredThousandPackagesInOneStreamAreCutInLinearTime(): void
    {
        $this->serveScheme('Line');
        $client = TextClient::to($this->port);
        $writer = pcntl_fork();
        if ($writer === 0) {
            $client->write(str_repeat("tiny\n", 100_000));
            posix_kill(getmypid(), SIGKILL);
        }

        self::assertSame(str_repeat("tiny\n", 100_000), $client->read(500_000));
        pcntl_waitpid($writer, $status);
    }

    public function testALongPackageOfUnknownLengthArrivesWhole(): void
    {
        $this->serveScheme('Line');
        $line = str_repeat('0123456789', 9_999);

        self::assertSame($line, TextClient::to($this->port)->ask($line));
    }

    public function testTheBufferShowsWhatMakesNoPackageYet(): void
    {
        $this->serveScheme('Line');
        $client = TextClient::to($this->port);

        $client->write("buffer\nrest");

        self::assertSame(
            ['recvBuffer' => 'rest', 'currentPackageLength' => 0, 'queue' => 4],
            json_decode($client->receive(), true),
        );
        self::assertSame('restless', $client->ask('less'));
    }

    public function testInputMayConsumeBytes(): void
    {
        $this->serveScheme('Dotted');
        $client = TextClient::to($this->port);

        $client->write('..');
        self::assertSame('one', $client->ask('..one'));
        self::assertSame('two', $client->ask('....two'));
    }

    /** @return iterable<string, array{string, string}> */
    public static function noPackages(): iterable
    {
        yield 'false' => ['f', 'false'];
        yield 'a negative number' => ['n', '-1'];
        yield 'a string' => ['s', '(String)'];
        yield 'null' => ['z', 'NULL'];
        yield 'more than maxPackageSize' => ['b', '100001'];
        yield 'not yet, with maxPackageSize reached' => [str_repeat('w', 100_000), '0'];
    }

    /** @dataProvider noPackages */
    public function testWhatIsNoPackageEndsTheConnectionWithALine(string $sent, string $length): void
    {
        $server = $this->serveScheme('Odd');

        self::assertSame('', Connection::to($this->port)->write($sent)->readToEnd());

        $line = "Protocol Protocols\\Odd Error package. package_length=$length";
        $server->waitForOutput($line);
        self::assertSame('okay', TextClient::to($this->port)->ask('okay'));
    }

    public function testExceptionsGoToTheErrorHandler(): void
    {
        $this->serveScheme('Odd');
        $client = TextClient::to($this->port);

        self::assertSame('decode failed', $client->ask('decode'));
        self::assertSame('encode failed', $client->ask('encode'));
        self::assertSame('okay', $client->ask('okay'));
        self::assertSame("input failed\n", $client->send('x')->readToEnd());
    }

    public function testAnEmptyStringFromEncodeSendsNothing(): void
    {
        $this->serveScheme('Odd');
        $client = TextClient::to($this->port)->send('');

        self::assertSame('okay', $client->ask('okay'));
    }

    public function testAClassMayHandTheConnectionToAnotherProtocol(): void
    {
        $this->serveScheme('Sniffer');

        self::assertSame('http /x', HttpClient::to($this->port)->get('/x')['body']);
        self::assertSame('Text', TextClient::to($this->port)->ask('Text'));
        self::assertSame('raw', Connection::to($this->port)->write('raw')->read(3));
        $packet = Connection::to($this->port)->write(self::packet(['a' => 1]));
        self::assertSame(['a' => 1], self::receivePacket($packet));
    }

    public function testAnotherProtocolGetsTheVeryNextByte(): void
    {
        $this->serveScheme('text');
        $client = TextClient::to($this->port);

        $client->write("become Protocols\\Packet\n" . self::packet(['a' => 1]) . self::packet(['b' => "\n"]));
        self::assertSame(['a' => 1], self::receivePacket($client));
        self::assertSame(['b' => "\n"], self::receivePacket($client));
    }

    public function testEveryChangeOfProtocolInOneSegment(): void
    {
        $this->serveScheme('Line');
        $client = TextClient::to($this->port);

        $client->write(
            "one\nbecome Workerman\\Protocols\\Text\ntwo\nbecome \\Workerman\\Protocols\\Http\n"
            . "GET /three HTTP/1.1\r\nHost: a\r\n\r\nGET /four HTTP/1.1\r\nHost: a\r\n\r\n",
        );

        self::assertSame("one\ntwo\n", $client->read(8));
        self::assertStringEndsWith('http /three', $client->readUntil('three'));
        self::assertStringEndsWith('http /four', $client->readUntil('four'));
    }

    public function testWithoutAProtocolTheRestComesAsItIs(): void
    {
        $this->serveScheme('Line');
        $client = TextClient::to($this->port);

        $client->write("become raw\nno\0line\nat all");

        self::assertSame("no\0line\nat all", $client->read(14));
    }

    public function testAClassOfTheApplicationComesBeforeTheNativeOne(): void
    {
        $this->serveScheme('http');

        self::assertSame('{"mine":"\/path"}', HttpClient::to($this->port)->get('/path')['body']);
    }

    public function testWhatStandsBehindACallbackThatWasSuspendedIsCutWhenItGoesOn(): void
    {
        $this->serve('protocol-classes', ['SCHEME' => 'Line', 'LOOP' => Fiber::class]);
        $client = TextClient::to($this->port)->write("before\nsuspend\n" . str_repeat("tiny\n", 5000) . "last\n");
        self::assertSame('before', $client->receive());

        TextClient::to($this->port)->send('resume');

        self::assertStringEndsWith("tiny\nlast\n", $client->readUntil("last\n"));
    }

    /** @dataProvider websockets */
    public function testOnlyAPingCallbackItselfSendsPongsHoweverLongItIsSuspended(string $scheme, string $mark): void
    {
        $this->serve('protocol-classes', ['SCHEME' => $scheme, 'LOOP' => Fiber::class, 'PINGS' => 'heard']);
        [$client, $other] = [WebsocketClient::open($this->port), WebsocketClient::open($this->port)];

        $client->write(
            WebsocketClient::frame(WebsocketClient::PING, 'suspend')
            . WebsocketClient::frame(WebsocketClient::PING, 'at once')
            . WebsocketClient::frame(WebsocketClient::TEXT, 'one'),
        );
        self::assertSame([WebsocketClient::PONG, "{$mark}suspend"], $client->receiveFrame());
        $client->send('two');
        self::assertSame([WebsocketClient::PONG, "{$mark}at once"], $client->receiveFrame());
        self::assertSame([WebsocketClient::TEXT, "{$mark}one"], $client->receiveFrame());
        self::assertSame([WebsocketClient::TEXT, "{$mark}two"], $client->receiveFrame());
        self::assertSame([WebsocketClient::BINARY, "{$mark}binary"], $client->send('binary')->receiveFrame());

        $other->send('resume');

        self::assertSame([WebsocketClient::PONG, 'resumed'], $client->receiveFrame());
        self::assertSame([WebsocketClient::BINARY, "{$mark}three"], $client->send('three')->receiveFrame());
        self::assertSame([WebsocketClient::BINARY, "{$mark}four"], $client->send('four')->receiveFrame());
    }

    /** @dataProvider websockets */
    public function testWhatStandsBehindAPingWhoseCallbackIsSuspendedIsReadAtTheLatestWhenItGoesOn(string $scheme, string $mark): void
    {
        $this->serve('protocol-classes', ['SCHEME' => $scheme, 'LOOP' => Fiber::class, 'PINGS' => 'heard']);
        [$client, $other] = [WebsocketClient::open($this->port), WebsocketClient::open($this->port)];

        $client->write(
            WebsocketClient::frame(WebsocketClient::PING, 'suspend')
            . WebsocketClient::frame(WebsocketClient::TEXT, 'one'),
        );
        self::assertSame([WebsocketClient::PONG, "{$mark}suspend"], $client->receiveFrame());
        $other->send('resume');

        $frames = [$client->receiveFrame(), $client->receiveFrame()];
        self::assertContains([WebsocketClient::PONG, 'resumed'], $frames);
        self::assertContains([WebsocketClient::TEXT, "{$mark}one"], $frames);
    }

    public function testAPingCallbackThatGoesOnWhileAnotherCallbackIsSuspendedDoesNotMeasureItsBuffer(): void
    {
        $this->serve('protocol-classes', ['SCHEME' => 'Chat', 'LOOP' => Fiber::class, 'PINGS' => 'heard', 'MAX_PACKAGE_SIZE' => 1000]);
        [$client, $other] = [WebsocketClient::open($this->port), WebsocketClient::open($this->port)];
        $client->sendFrame(WebsocketClient::PING, 'suspend');
        self::assertSame([WebsocketClient::PONG, 'chat suspend'], $client->receiveFrame());

        // The fiber of `resume` takes it off the buffer, and goes on with the one of the ping before what stands behind it is cut.
        $client->write(WebsocketClient::frame(WebsocketClient::TEXT, 'resume') . $this->frames($texts = [str_repeat('x', 900), str_repeat('y', 900)]));

        self::assertSame([WebsocketClient::PONG, 'resumed'], $client->receiveFrame());
        foreach ($texts as $text) {
            self::assertSame("chat $text", $client->receive());
        }
        self::assertSame('chat there', $other->ask('there'));
    }

    /** @dataProvider websockets */
    public function testWhatAClientSendsWhileItsHandshakeIsLookedAtIsReadBehindIt(string $scheme, string $mark): void
    {
        $this->serve('protocol-classes', ['SCHEME' => $scheme, 'LOOP' => Fiber::class]);
        [$client, $other] = [WebsocketClient::to($this->port), WebsocketClient::open($this->port)];

        $client->requestHandshake('/asked');
        self::assertSame("HTTP/1.1 102 Processing\r\n\r\n", $client->readUntil("\r\n\r\n"));
        $client->write($this->frames(['one', 'two']));
        self::assertSame("{$mark}other", $other->ask('other'));
        $other->send('resume');

        self::assertStringStartsWith("HTTP/1.1 101 Switching Protocols\r\n", $client->readUntil("\r\n\r\n"));
        self::assertSame('welcome', $client->receive());
        self::assertSame("{$mark}one", $client->receive());
        self::assertSame("{$mark}two", $client->receive());
        self::assertSame("{$mark}three", $client->ask('three'));
    }

    /** @testWith ["websocket", "Protocols\\Loud", "LOUD "]
     *            ["Chat", "Protocols\\Loud", "LOUD "]
     *            ["Chat", "Workerman\\Protocols\\Websocket", ""]
     */
    public function testAHandshakeThatHasChosenAnotherProtocolAndWaitsIsStillOne(string $scheme, string $protocol, string $mark): void
    {
        $this->serve('protocol-classes', ['SCHEME' => $scheme, 'LOOP' => Fiber::class]);
        [$client, $other] = [WebsocketClient::to($this->port), WebsocketClient::open($this->port)];

        $client->requestHandshake('/asked?become=' . urlencode($protocol));
        self::assertSame("HTTP/1.1 102 Processing\r\n\r\n", $client->readUntil("\r\n\r\n"));
        // With a mask that changes nothing, this might be the end of another head.
        $client->write("\x81\x87\0\0\0\0a\r\n\r\nbc" . $this->frames(['two']));
        $other->ask('other');
        $other->send('resume');

        self::assertStringStartsWith("HTTP/1.1 101 Switching Protocols\r\n", $client->readUntil("\r\n\r\n"));
        self::assertSame('welcome', $client->receive());
        self::assertSame("{$mark}a\r\n\r\nbc", $client->receive());
        self::assertSame("{$mark}two", $client->receive());
        self::assertSame("{$mark}three", $client->ask('three'));
    }

    /** @dataProvider websockets */
    public function testAClientMayLeaveOrBeClosedWhileItsHandshakeIsLookedAt(string $scheme, string $mark): void
    {
        $this->serve('protocol-classes', ['SCHEME' => $scheme, 'LOOP' => Fiber::class]);
        $other = WebsocketClient::open($this->port);
        foreach (['leave', 'close'] as $end) {
            $client = WebsocketClient::to($this->port);
            $client->requestHandshake('/asked', [], $this->frames(['one']));
            $client->readUntil("\r\n\r\n");
            if ($end === 'leave') {
                $client->close();
            } else {
                $other->send('close');
                self::assertStringStartsWith("HTTP/1.1 403 Forbidden\r\n", $client->readToEnd());
            }
            // The network reads nothing of a client that waits to be let in, not even that it is gone.
            $order = $end === 'leave' && $scheme === 'websocket' ? ['resume', 'gone'] : ['gone', 'resume'];
            foreach ($order as $step) {
                $step === 'resume' ? $other->send('resume') : self::assertSame('gone', $other->receive());
            }
            self::assertSame("{$mark}there", $other->ask('there'));
        }
    }

    /** @dataProvider websockets */
    public function testAFrameThatCameWithTheHandshakeIsReadOnceHoweverLongTheClientIsWelcomed(string $scheme, string $mark): void
    {
        $this->serve('protocol-classes', ['SCHEME' => $scheme, 'LOOP' => Fiber::class]);
        [$client, $other] = [WebsocketClient::to($this->port), WebsocketClient::open($this->port)];
        $client->requestHandshake('/welcomed', [], $this->frames(['one']));
        $client->readUntil("\r\n\r\n");

        $client->send('two');
        self::assertSame("{$mark}one", $client->receive());
        self::assertSame("{$mark}two", $client->receive());
        $other->send('resume');

        self::assertSame('resumed', $client->receive());
        self::assertSame("{$mark}three", $client->ask('three'));
    }

    /** @return iterable<string, array{string, string}> */
    public static function websockets(): iterable
    {
        yield 'the native protocol' => ['websocket', ''];
        yield 'a class that extends it' => ['Chat', 'chat '];
    }

    public function testAClassMayExtendTheNativeWebsocket(): void
    {
        $this->serveScheme('Chat');
        $client = WebsocketClient::open($this->port);

        $client->send('one');
        self::assertSame('chat one', $client->receive());
        $client->send(str_repeat('x', 80_000));
        self::assertSame(80_005, strlen($client->receive()));
    }

    public function testAClassThatExtendsTheNativeWebsocketRefusesAndClosesInTheSameWay(): void
    {
        $this->serveScheme('Chat');
        $refused = WebsocketClient::to($this->port);
        $refused->requestHandshake('/refused');
        $answer = $refused->readToEnd();

        self::assertStringStartsWith("HTTP/1.1 401 Unauthorized\r\n", $answer);
        self::assertStringEndsWith("\r\n\r\nwho are you?", $answer);

        $leaver = WebsocketClient::open($this->port)->send('leave');
        self::assertSame([WebsocketClient::CLOSE, pack('n', 4001) . 'tired'], $leaver->receiveFrame());
        self::assertSame('', $leaver->readToEnd());

        $client = WebsocketClient::open($this->port)->send('bye');
        self::assertSame('chat bye', $client->receive());
        self::assertSame([WebsocketClient::CLOSE, pack('n', 1000)], $client->receiveFrame());
        self::assertSame('', $client->readToEnd());
    }

    public function testWhatDoesNotDecompressEndsItsConnectionOnly(): void
    {
        $this->serveScheme('Chat');
        $other = WebsocketClient::open($this->port);
        $client = WebsocketClient::open($this->port);

        $client->sendFrame(WebsocketClient::TEXT | 0x40, "\xff\xff");

        self::assertSame([WebsocketClient::CLOSE, pack('n', 1007)], $client->receiveFrame());
        self::assertSame('', $client->readToEnd());
        $other->send('one');
        self::assertSame('chat one', $other->receive());
    }

    public function testFragmentsAreJoined(): void
    {
        $this->serveScheme('Chat');
        $client = WebsocketClient::open($this->port);

        $client->sendFrame(WebsocketClient::TEXT, 'o', false);
        $client->sendFrame(WebsocketClient::CONTINUATION, 'n', false);
        $client->sendFrame(WebsocketClient::CONTINUATION, 'e');

        self::assertSame('chat one', $client->receive());
        $client->send('two');
        self::assertSame('chat two', $client->receive());
    }

    public function testFragmentsOfAStreamDoNotMoveAllThatStandsBehindThem(): void
    {
        $this->serveScheme('Chat');
        $client = WebsocketClient::open($this->port);

        $fragment = WebsocketClient::frame(WebsocketClient::CONTINUATION, '', false);
        $client->write(
            WebsocketClient::frame(WebsocketClient::TEXT, '', false) . str_repeat($fragment, 20_000)
            . WebsocketClient::frame(WebsocketClient::CONTINUATION, 'behind'),
        );

        self::assertLessThan(8192, (int) $client->receive());
    }

    /** @testWith [9]
     *            [10]
     */
    public function testAClientOfAClassThatExtendsTheNativeWebsocketMaySendSoManyControlFrames(int $opcode): void
    {
        $this->serve('protocol-classes', ['SCHEME' => 'Chat', 'OPTIONS' => '{"limits":{"control_frames":10}}']);
        $client = WebsocketClient::open($this->port)->write(str_repeat(WebsocketClient::frame($opcode, ''), 30));
        do {
            [$answer, $payload] = $client->receiveFrame();
        } while ($answer === WebsocketClient::PONG);

        self::assertSame([WebsocketClient::CLOSE, pack('n', 1008)], [$answer, $payload]);
        self::assertSame('', $client->readToEnd());
        $other = WebsocketClient::open($this->port);
        $other->send('one');
        self::assertSame('chat one', $other->receive());
    }

    public function testAnOpenWebsocketMayGoFromTheNetworkToAClassAndBack(): void
    {
        $this->serveScheme('websocket');
        $client = WebsocketClient::open($this->port);

        foreach (['native', 'become Protocols\\Chat', 'by hand', 'become Workerman\\Protocols\\Websocket', 'native again'] as $message) {
            $client->send($message);
        }

        self::assertSame('native', $client->receive());
        self::assertSame('chat by hand', $client->receive());
        self::assertSame('native again', $client->receive());
    }

    private function serveScheme(string $scheme): ServerProcess
    {
        return $this->serve('protocol-classes', ['SCHEME' => $scheme]);
    }

    /** @param list<string> $texts */
    private function frames(array $texts): string
    {
        return implode('', array_map(static fn(string $text): string => WebsocketClient::frame(WebsocketClient::TEXT, $text), $texts));
    }

    /** @param array<string, mixed> $data */
    private static function packet(array $data): string
    {
        $json = json_encode($data);
        return pack('n', strlen($json)) . $json;
    }

    private static function receivePacket(Connection $client): mixed
    {
        return json_decode($client->read(unpack('n', $client->read(2))[1]), true);
    }
}
