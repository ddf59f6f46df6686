<?php

declare(strict_types=1);

namespace Ouvrier\Tests\Protocol;

use Ouvrier\Tests\Harness\Client\WebsocketClient;
use Ouvrier\Tests\Harness\ProcessTable;
use Ouvrier\Tests\Harness\ServerProcess;
use Ouvrier\Tests\Harness\ServerTestCase;

final class WebsocketCompressionTest extends ServerTestCase
{
    private const RSV1 = 0x40;
    private const TEXT = 0x81;
    private const BINARY = 0x82;
    private const TAIL = "\0\0\xFF\xFF";
    private const WORDS = 'the same words again and again and again and again';

    public function testNobodyCompressesUnlessTheOptionSaysSo(): void
    {
        $this->serveWith([]);
        [$client, $answer] = $this->open('permessage-deflate');
        self::assertStringNotContainsString('Sec-WebSocket-Extensions', $answer);

        $client->send('!flag');
        self::assertSame([self::TEXT, self::WORDS], $client->send(self::WORDS)->receiveBytes());

        $client->send(self::compressed(self::WORDS), WebsocketClient::TEXT | self::RSV1);
        self::assertSame([0x88, pack('n', 1002)], $client->receiveBytes());
    }

    public function testAClientThatOffersNothingGetsNothingCompressed(): void
    {
        $this->serveWith(['compression' => true]);
        $client = WebsocketClient::open($this->port);
        $message = str_repeat(self::WORDS, 100);

        $client->send('!flag');
        self::assertSame([self::TEXT, $message], $client->send($message)->receiveBytes());
    }

    /** @dataProvider offers */
    public function testTheAnswerToAnOfferIs(array $compression, string $offer, ?string $answer): void
    {
        $this->serveWith(['compression' => $compression]);
        [, $head] = $this->open($offer);
        preg_match('/^Sec-WebSocket-Extensions: (.*)\r$/m', $head, $line);

        self::assertSame($answer, $line[1] ?? null);
    }

    /** @return iterable<string, array{array<string, mixed>, string, ?string}> */
    public static function offers(): iterable
    {
        $alone = 'permessage-deflate; server_no_context_takeover; client_no_context_takeover';
        yield 'of a browser' => [[], 'permessage-deflate; client_max_window_bits', $alone];
        yield 'with takeover' => [['context_takeover' => true], 'permessage-deflate; client_max_window_bits', 'permessage-deflate'];
        yield 'of less' => [
            ['context_takeover' => true],
            'permessage-deflate; server_no_context_takeover; server_max_window_bits=10',
            'permessage-deflate; server_no_context_takeover; server_max_window_bits=10',
        ];
        yield 'of something else' => [[], 'x-webkit-deflate-frame', null];
        yield 'of the impossible' => [[], 'permessage-deflate; server_max_window_bits=8', null];
    }

    public function testMessagesAreCompressedFromTheThresholdOn(): void
    {
        $this->serveWith(['compression' => ['threshold' => 50]]);
        [$client] = $this->open();

        [$first, $payload] = $client->send(self::WORDS)->receiveBytes();
        self::assertSame(self::TEXT | self::RSV1, $first);
        self::assertLessThan(strlen(self::WORDS), strlen($payload));
        self::assertSame(self::WORDS, self::inflated($payload));

        $shorter = substr(self::WORDS, 1);
        self::assertSame([self::TEXT, $shorter], $client->send($shorter)->receiveBytes());
        $client->send('!binary');
        self::assertSame(self::BINARY | self::RSV1, $client->send(self::WORDS)->receiveBytes()[0]);
    }

    public function testWhatTheScriptFlagsIsCompressedHoweverShort(): void
    {
        $this->serveWith(['compression' => true]);
        [$client] = $this->open();
        self::assertSame([self::TEXT, 'short'], $client->send('short')->receiveBytes());

        $client->send('!flag');
        [$first, $payload] = $client->send('short')->receiveBytes();
        self::assertSame([self::TEXT | self::RSV1, 'short'], [$first, self::inflated($payload)]);
    }

    public function testCompressedMessagesAreUnderstoodAlsoInFragmentsWithAPingInBetween(): void
    {
        $this->serveWith(['compression' => ['threshold' => 1000]]);
        [$client] = $this->open();
        $compressed = self::compressed(self::WORDS);

        $client->sendFrame(WebsocketClient::TEXT | self::RSV1, substr($compressed, 0, 5), false)
            ->sendFrame(WebsocketClient::PING, 'there?')
            ->sendFrame(WebsocketClient::CONTINUATION, substr($compressed, 5));

        self::assertSame([WebsocketClient::PONG, 'there?'], $client->receiveFrame());
        self::assertSame(self::WORDS, $client->receive());
        self::assertSame('plain', $client->ask('plain'));
    }

    public function testWithContextTakeoverTheSecondMessageRefersToTheFirst(): void
    {
        $this->serveWith(['compression' => ['threshold' => 0, 'context_takeover' => true]]);
        [$client] = $this->open();
        [$deflate, $inflate] = [deflate_init(ZLIB_ENCODING_RAW), inflate_init(ZLIB_ENCODING_RAW)];
        $lengths = [];
        foreach ([self::WORDS, self::WORDS, self::WORDS] as $message) {
            $compressed = substr(deflate_add($deflate, $message, ZLIB_SYNC_FLUSH), 0, -4);
            [, $payload] = $client->send($compressed, WebsocketClient::TEXT | self::RSV1)->receiveBytes();
            self::assertSame($message, inflate_add($inflate, $payload . self::TAIL));
            $lengths[] = strlen($payload);
        }

        self::assertLessThan($lengths[0] / 2, $lengths[1]);
    }

    /** @testWith ["rubbish", 1007]
     *            ["text", 1007]
     */
    public function testWhatIsNotCompressedTextEndsItsConnection(string $what, int $code): void
    {
        $this->serveWith(['compression' => true]);
        [$client] = $this->open();
        $payload = $what === 'rubbish' ? "\xFF\xFE\xFD\xFC" : self::compressed("\xFF is not UTF-8");

        $client->send($payload, WebsocketClient::TEXT | self::RSV1);

        self::assertSame([0x88, pack('n', $code)], $client->receiveBytes());
    }

    public function testABombEndsItsConnectionWith1009AndCostsNoMoreThanTheLimit(): void
    {
        $server = $this->serveWith(['compression' => true]);
        [$bystander] = $this->open();
        self::assertSame('before', $bystander->ask('before'));
        $before = $this->memory($server);
        $bomb = self::compressed(str_repeat("\0", 1 << 20), times: 256);
        self::assertLessThan(1 << 20, strlen($bomb));

        [$client] = $this->open();
        $client->send($bomb, WebsocketClient::BINARY | self::RSV1);

        self::assertSame([0x88, pack('n', 1009)], $client->receiveBytes());
        self::assertSame('after', $bystander->ask('after'));
        self::assertLessThan(8 << 20, $this->memory($server, 'VmHWM') - $before);
    }

    public function testMessagesThatGrowAreNotReadAheadOfTheScript(): void
    {
        $server = $this->serveWith(['compression' => true]);
        [$client] = $this->open();
        self::assertSame('before', $client->ask('before'));
        $before = $this->memory($server);
        // A hundred messages of a megabyte, in one segment.
        $message = WebsocketClient::frame(WebsocketClient::TEXT | self::RSV1, self::compressed(str_pad('!binary', 1 << 20)));

        $client->write(str_repeat($message, 100));

        self::assertSame('after', $client->ask('after'));
        self::assertLessThan(24 << 20, $this->memory($server, 'VmHWM') - $before);
    }

    public function testTheTypeOfMessagesIsFollowedIfTheOptionSaysSo(): void
    {
        $this->serveWith(['follow_type' => true]);
        $client = WebsocketClient::open($this->port);

        foreach ([WebsocketClient::BINARY, WebsocketClient::TEXT, WebsocketClient::BINARY] as $type) {
            self::assertSame([$type, 'echo'], $client->send('echo', $type)->receiveFrame());
        }
    }

    public function testTheTypeOfMessagesIsTheScriptsOtherwise(): void
    {
        $this->serveWith([]);
        $client = WebsocketClient::open($this->port);

        self::assertSame(
            [WebsocketClient::TEXT, 'echo'],
            $client->send('echo', WebsocketClient::BINARY)->receiveFrame(),
        );
    }

    /** @testWith [false, 20000]
     *            [true, 20000]
     *            [true, 600]
     */
    public function testEverybodyInACrowdGetsEveryMessage(bool $compression, int $bytes): void
    {
        $this->serveWith(['compression' => $compression]);
        $clients = [];
        for ($number = 0; $number < 6; $number++) {
            // Half of them want no compression, and get the same messages.
            $clients[] = $number % 2 === 0 ? $this->open()[0] : WebsocketClient::open($this->port);
        }
        foreach ($clients as $client) {
            self::assertSame('here', $client->ask('here'));
        }

        $clients[0]->send("!crowd 3 $bytes");

        foreach ($clients as $number => $client) {
            for ($message = 0; $message < 3; $message++) {
                [$first, $payload] = $client->receiveBytes();
                $compressed = ($first & self::RSV1) !== 0;
                self::assertSame($compression && $number % 2 === 0, $compressed);
                $payload = $compressed ? self::inflated($payload) : $payload;
                self::assertSame($bytes, strlen($payload));
                self::assertSame("$message the ", strtok($payload, 's'));
            }
        }
    }

    public function testALargeMessageWaitsForAllSlowClientsInOnePlace(): void
    {
        $server = $this->serveWith([]);
        // Who answers has begun to listen on the other socket as well.
        self::assertSame('here', WebsocketClient::open($this->port)->ask('here'));
        $clients = [];
        for ($number = 0; $number < 200; $number++) {
            $clients[] = $client = new WebsocketClient("unix://{$server->directory()}/crowd.sock");
            $client->handshake();
            self::assertSame('here', $client->ask('here'));
        }
        $before = $this->memory($server);

        // They have a gigabyte coming, most of which does not fit into their sockets.
        $clients[0]->send('!crowd 50 102400');
        foreach ([0, 1] as $number) {
            for ($message = 0; $message < 50; $message++) {
                self::assertSame("$message the ", strtok($clients[$number]->receive(), 's'));
            }
            self::assertSame('here', $clients[$number]->ask('here'));
            self::assertLessThan(32 << 20, $this->memory($server) - $before);
        }
    }

    /** @param array<string, mixed> $websocket */
    private function serveWith(array $websocket): ServerProcess
    {
        return $this->serve('websocket-compression', ['OPTIONS' => json_encode([
            'websocket' => (object) $websocket,
            // What waits for many in one place counts once.
            'limits' => ['queued_bytes' => 16 << 20],
        ])]);
    }

    /** @return array{WebsocketClient, string} a client whose handshake is done, and the head of the answer */
    private function open(string $offer = 'permessage-deflate; client_max_window_bits'): array
    {
        $client = WebsocketClient::to($this->port);
        $client->requestHandshake('/', ["Sec-WebSocket-Extensions: $offer"]);
        return [$client, $client->readUntil("\r\n\r\n")];
    }

    private function memory(ServerProcess $server, string $what = 'VmRSS'): int
    {
        [$worker] = ProcessTable::children($server->pid());
        preg_match("/^$what:\s+(\d+) kB/m", (string) file_get_contents("/proc/$worker/status"), $match);
        return 1024 * (int) $match[1];
    }

    /** A message, or the same one again and again, as it is sent. */
    private static function compressed(string $message, int $times = 1): string
    {
        $deflate = deflate_init(ZLIB_ENCODING_RAW);
        $compressed = '';
        while (--$times > 0) {
            $compressed .= deflate_add($deflate, $message, ZLIB_NO_FLUSH);
        }
        return substr($compressed . deflate_add($deflate, $message, ZLIB_SYNC_FLUSH), 0, -4);
    }

    private static function inflated(string $payload): string
    {
        return inflate_add(inflate_init(ZLIB_ENCODING_RAW), $payload . self::TAIL);
    }
}
