<?php

declare(strict_types=1);

namespace Ouvrier\Tests\Protocol;

use Ouvrier\Tests\Harness\Client\Connection;
use Ouvrier\Tests\Harness\Client\TextClient;
use Ouvrier\Tests\Harness\Client\WebsocketClient;
use Ouvrier\Tests\Harness\Port;
use Ouvrier\Tests\Harness\ProcessTable;
use Ouvrier\Tests\Harness\ServerTestCase;
use Ouvrier\Tests\Harness\Wait;
use RuntimeException;

/**
 * No client can end a worker, disturb its other clients or make it grow.
 */
final class HostileClientTest extends ServerTestCase
{
    /** Memory a refused head may cost: the limit of 16 KiB and what the allocator adds. */
    private const HEAD_GROWTH = 8 << 20;

    /** Memory a refused package may cost: the limit of 10 MiB, several times over while buffers grow. */
    private const PACKAGE_GROWTH = 64 << 20;

    /** @var array<string, int> scheme => port */
    private array $ports;

    private TextClient $bystander;

    private int $worker;

    protected function setUp(): void
    {
        parent::setUp();
        $this->ports = ['text' => $this->port];
        $environment = [];
        foreach (['websocket', 'http', 'frame'] as $scheme) {
            $this->ports[$scheme] = $environment['PORT_' . strtoupper($scheme)] = Port::free();
        }
        $server = $this->serve('hostile', $environment);
        $server->waitForPort($this->ports['frame']);
        $this->bystander = TextClient::to($this->port);
        $this->worker = (int) $this->bystander->ask('pid');
    }

    /** @dataProvider badFrames */
    public function testABadFrameClosesItsOwnConnectionOnly(string $bytes): void
    {
        $client = WebsocketClient::open($this->ports['websocket'])->write($bytes);
        $client->shutdownWrite();

        $client->readToEnd();

        $this->assertWorkerLives();
    }

    /** @return iterable<string, array{string}> */
    public static function badFrames(): iterable
    {
        yield 'RSV1 and rubbish' => ["\xC1\x85\0\0\0\0\xFF\xFE\xFD\xFC\xFB"];
        yield 'RSV2' => ["\xA1\x81\0\0\0\0x"];
        yield 'unknown opcode' => ["\x83\x81\0\0\0\0x"];
        yield 'unmasked' => ["\x81\x01x"];
        yield 'continuation of nothing' => ["\x80\x81\0\0\0\0x"];
        yield 'text inside a fragmented text' => ["\x01\x81\0\0\0\0x\x81\x81\0\0\0\0x"];
        yield 'ping of 126 bytes' => ["\x89\xFE\0\x7E\0\0\0\0" . str_repeat('x', 126)];
        yield 'fragmented ping' => ["\x09\x81\0\0\0\0x"];
        yield 'invalid UTF-8' => ["\x81\x82\0\0\0\0\xC3\x28"];
        yield 'close with one byte' => ["\x88\x81\0\0\0\0x"];
        yield 'close with a reserved code' => ["\x88\x82\0\0\0\0" . pack('n', 1005)];
        yield 'length of 2^63' => ["\x81\xFF\x80\0\0\0\0\0\0\0\0\0\0\0x"];
        yield 'length beyond the limit' => ["\x81\xFF\0\0\0\0\x40\0\0\0\0\0\0\0x"];
        yield 'rubbish' => [str_repeat("\xAA\x55", 500)];
    }

    /** @dataProvider endlessStreams */
    public function testAStreamWithoutEndIsRefusedInBoundedMemory(string $scheme, string $start, string $rest): void
    {
        $client = Connection::to($this->ports[$scheme])->write($start);

        $this->assertServerCloses($client, $rest, self::HEAD_GROWTH);

        $this->assertWorkerLives();
    }

    /** @return iterable<string, array{string, string, string}> */
    public static function endlessStreams(): iterable
    {
        yield 'http header' => ['http', "GET / HTTP/1.1\r\nHost: a\r\nX: ", str_repeat('a', 65536)];
        yield 'http headers' => ['http', "GET / HTTP/1.1\r\nHost: a\r\n", str_repeat("X: y\r\n", 10000)];
        yield 'http request line' => ['http', 'GET /', str_repeat('a', 65536)];
        yield 'websocket handshake' => ['websocket', "GET / HTTP/1.1\r\nX: ", str_repeat('a', 65536)];
        yield 'not even a request' => ['websocket', '', str_repeat("\0", 65536)];
    }

    /** @dataProvider oversizePackages */
    public function testAPackageBeyondTheLimitIsRefused(string $scheme, string $start, string $rest): void
    {
        $client = $scheme === 'websocket'
            ? WebsocketClient::open($this->ports[$scheme])->write($start)
            : Connection::to($this->ports[$scheme])->write($start);

        $this->assertServerCloses($client, $rest, self::PACKAGE_GROWTH);

        $this->assertWorkerLives();
    }

    /** @return iterable<string, array{string, string, string}> */
    public static function oversizePackages(): iterable
    {
        $filler = str_repeat('x', 65536);
        yield 'text without a line feed' => ['text', '', $filler];
        yield 'frame' => ['frame', "\xFF\xFF\xFF\xFF", $filler];
        yield 'http body' => ['http', "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9999999999\r\n\r\n", $filler];
        yield 'websocket frame' => ['websocket', "\x82\xFF\0\0\0\x10\0\0\0\0\0\0\0\0", $filler];
        yield 'websocket fragments' => [
            'websocket',
            WebsocketClient::frame(WebsocketClient::BINARY, 'x', false),
            WebsocketClient::frame(WebsocketClient::CONTINUATION, $filler, false),
        ];
    }

    /** @dataProvider badLengths */
    public function testAFrameLengthThatCannotBeClosesTheConnection(string $length): void
    {
        $client = Connection::to($this->ports['frame'])->write($length);
        $client->shutdownWrite();

        self::assertSame('', $client->readToEnd());
        $this->assertWorkerLives();
    }

    /** @return iterable<string, array{string}> */
    public static function badLengths(): iterable
    {
        yield '0' => [pack('N', 0)];
        yield '3' => [pack('N', 3)];
        yield '2^32 - 1' => ["\xFF\xFF\xFF\xFF"];
    }

    /**
     * Writes until the server closes. It may read on for a moment after it has refused, so that its answer is not lost
     * in a reset; it must not keep what it reads.
     */
    private function assertServerCloses(Connection $client, string $piece, int $toleratedGrowth): void
    {
        $limit = ProcessTable::residentBytes($this->worker) + $toleratedGrowth;
        $deadline = hrtime(true) + (int) (Wait::DEADLINE * 1e9);
        while (!$this->isRefused($client, $piece)) {
            self::assertLessThan($limit, ProcessTable::residentBytes($this->worker), 'memory grows');
            self::assertLessThan($deadline, hrtime(true), 'the server reads for ever');
        }
    }

    private function isRefused(Connection $client, string $piece): bool
    {
        try {
            $client->write($piece);
            return false;
        } catch (RuntimeException) {
            return true;
        }
    }

    private function assertWorkerLives(): void
    {
        self::assertSame((string) $this->worker, $this->bystander->ask('pid'));
    }
}
