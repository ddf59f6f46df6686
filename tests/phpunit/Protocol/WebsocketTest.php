<?php

declare(strict_types=1);

namespace Ouvrier\Tests\Protocol;

use Ouvrier\Tests\Harness\Client\WebsocketClient;
use Ouvrier\Tests\Harness\ServerTestCase;

final class WebsocketTest extends ServerTestCase
{
    protected function setUp(): void
    {
        parent::setUp();
        $this->serve('websocket');
    }

    /** @dataProvider lengths */
    public function testAMessageOfAnyLengthComesBack(int $length): void
    {
        $message = substr(bin2hex(random_bytes(intdiv($length, 2) + 1)), 0, $length);

        self::assertSame($message, WebsocketClient::open($this->port)->ask($message));
    }

    /** @return iterable<string, array{int}> the edges of the three forms of the length field */
    public static function lengths(): iterable
    {
        foreach ([0, 1, 125, 126, 65535, 65536, 1_000_000] as $length) {
            yield "$length bytes" => [$length];
        }
    }

    public function testFragmentsMakeOneMessageWithAPingInBetween(): void
    {
        $client = WebsocketClient::open($this->port)
            ->sendFrame(WebsocketClient::TEXT, 'one ', false)
            ->sendFrame(WebsocketClient::PING, 'there?')
            ->sendFrame(WebsocketClient::CONTINUATION, 'two ', false)
            ->sendFrame(WebsocketClient::CONTINUATION, 'three');

        self::assertSame([WebsocketClient::PONG, 'there?'], $client->receiveFrame());
        self::assertSame('one two three', $client->receive());
    }

    public function testFramesMayArriveByteByByteOrTogether(): void
    {
        $client = WebsocketClient::open($this->port);

        foreach (str_split(WebsocketClient::frame(WebsocketClient::TEXT, 'slow')) as $byte) {
            $client->write($byte);
        }
        self::assertSame('slow', $client->receive());

        $client->write(
            WebsocketClient::frame(WebsocketClient::TEXT, 'one') . WebsocketClient::frame(WebsocketClient::TEXT, 'two'),
        );
        self::assertSame('one', $client->receive());
        self::assertSame('two', $client->receive());
    }

    public function testAFrameBehindTheHandshakeInOnePieceIsNotLost(): void
    {
        $client = WebsocketClient::to($this->port);
        $client->write(
            "GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            . "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
            . WebsocketClient::frame(WebsocketClient::TEXT, 'at once'),
        );

        self::assertStringContainsString(
            "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n",
            $client->readUntil("\r\n\r\n"),
        );
        self::assertSame('at once', $client->receive());
    }

    public function testAPingIsAnsweredWithItsPayload(): void
    {
        $client = WebsocketClient::open($this->port)->sendFrame(WebsocketClient::PING, "\0binary\xFF");

        self::assertSame([WebsocketClient::PONG, "\0binary\xFF"], $client->receiveFrame());
    }

    public function testMessagesAreTextUnlessTheConnectionSaysBinary(): void
    {
        $client = WebsocketClient::open($this->port);

        self::assertSame([WebsocketClient::TEXT, 'text'], $client->send('text')->receiveFrame());
        self::assertSame([WebsocketClient::BINARY, "\0\xFF"], $client->send('binary')->receiveFrame());
    }

    public function testBinaryMessagesAreTakenAsTheyAre(): void
    {
        $bytes = random_bytes(300);
        $client = WebsocketClient::open($this->port);
        $client->ask('binary');

        self::assertSame($bytes, $client->send($bytes, WebsocketClient::BINARY)->receive());
    }

    public function testAnArrayIsSentAsJson(): void
    {
        self::assertSame('{"uid":"ü","percent":88}', WebsocketClient::open($this->port)->ask('array'));
    }

    public function testACloseFrameIsAnsweredAndTheConnectionClosed(): void
    {
        $client = WebsocketClient::open($this->port)->sendFrame(WebsocketClient::CLOSE, pack('n', 1000));

        self::assertSame([WebsocketClient::CLOSE, pack('n', 1000)], $client->receiveFrame());
        self::assertSame('', $client->readToEnd());
        self::assertContains('close', $this->log());
    }

    public function testCloseSendsItsLastMessageFirst(): void
    {
        self::assertSame('bye', WebsocketClient::open($this->port)->ask('close'));
    }

    public function testTheHandshakeCallbacksSeeTheRequestInOrder(): void
    {
        WebsocketClient::open($this->port, '/chat?room=1');

        self::assertSame(['handshake /chat {"room":"1"}', 'open /chat'], array_slice($this->log(), 0, 2));
    }

    public function testHeadersSetDuringTheHandshakeAreSent(): void
    {
        $head = WebsocketClient::to($this->port)->handshake('/header');

        self::assertStringContainsString("X-Served-By: test\r\n", $head);
    }

    public function testWhatIsSentDuringTheHandshakeArrivesAfterIt(): void
    {
        self::assertSame('early', WebsocketClient::open($this->port, '/greeted')->receive());
    }

    public function testAHandshakeMayBeRefused(): void
    {
        $client = WebsocketClient::to($this->port);
        $client->requestHandshake('/refused');

        self::assertStringNotContainsString('101', $client->readToEnd());
        self::assertNotContains('open /refused', $this->log());
    }

    public function testCallbacksForControlFramesReplaceTheAutomaticAnswers(): void
    {
        $client = WebsocketClient::open($this->port);
        $client->ask('listen for pings');

        $client->sendFrame(WebsocketClient::PING, 'a')->sendFrame(WebsocketClient::PONG, 'b');
        self::assertSame('no pong came before', $client->ask('no pong came before'));
        $client->sendFrame(WebsocketClient::CLOSE, pack('n', 1000))->readToEnd();

        self::assertSame(['ping a', 'pong b', 'closing', 'close'], array_slice($this->log(), 2, 4));
    }

    public function testACallbackForCloseFramesMayBeSetAtAnyTime(): void
    {
        $client = WebsocketClient::open($this->port);
        $client->ask('listen for the end');

        $client->sendFrame(WebsocketClient::CLOSE, pack('n', 1000))->readToEnd();

        self::assertContains('closing late', $this->log());
    }

    public function testCallbacksThatTheWorkerGetsHoldForThoseWhoAreConnected(): void
    {
        $client = WebsocketClient::open($this->port);
        $client->ask('connected');
        $other = WebsocketClient::open($this->port);

        $other->ask('the worker listens');
        $client->sendFrame(WebsocketClient::PING, 'one');
        self::assertSame([WebsocketClient::PONG, 'the worker got one'], $client->receiveFrame());
        $other->ask('the worker is deaf');
        $client->sendFrame(WebsocketClient::PING, 'two');
        self::assertSame([WebsocketClient::PONG, 'two'], $client->receiveFrame());
        $client->sendFrame(WebsocketClient::CLOSE, pack('n', 1000))->readToEnd();
        self::assertContains('the worker saw the end', $this->log());
    }

    public function testACallbackForPingsMayTakeThePlaceOfAnotherProperty(): void
    {
        $client = WebsocketClient::open($this->port);
        $client->ask('name');
        $client->ask('listen for pings instead');

        $client->sendFrame(WebsocketClient::PING, 'there?');
        self::assertSame([WebsocketClient::PONG, 'pinged there?'], $client->receiveFrame());
    }

    /** @return list<string> */
    private function log(): array
    {
        return json_decode(WebsocketClient::open($this->port, '/log')->ask('log'), true);
    }
}
