<?php

declare(strict_types=1);

namespace Ouvrier\Tests\Client;

use Ouvrier\Tests\Harness\Client\Acceptor;
use Ouvrier\Tests\Harness\Client\Connection;
use Ouvrier\Tests\Harness\Client\Puppet;
use Ouvrier\Tests\Harness\Port;
use Ouvrier\Tests\Harness\ServerTestCase;
use Workerman\Events\Fiber;

final class WsTest extends ServerTestCase
{
    private Puppet $puppet;

    private Acceptor $peer;

    protected function setUp(): void
    {
        parent::setUp();
        $this->serve('client');
        $this->puppet = new Puppet($this->port);
        $this->peer = new Acceptor();
    }

    public function testTheRequestSaysWhatTheScriptHasSet(): void
    {
        $address = $this->peer->address();
        $this->puppet->make('c', "ws://$address/chat?room=1", [
            'headers' => ['X-Token' => 't', 'X-Bad' => "a\r\nX-Injected: b"],
            'websocketOrigin' => 'http://example.org',
            'websocketClientProtocol' => 'mqtt, wamp',
        ]);
        $this->puppet->call('c', 'connect');

        $head = $this->peer->accept()->readUntil("\r\n\r\n");
        self::assertMatchesRegularExpression(
            "~^GET /chat\\?room=1 HTTP/1\\.1\r\nHost: $address\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            . "Origin: http://example\\.org\r\nSec-WebSocket-Protocol: mqtt, wamp\r\nSec-WebSocket-Version: 13\r\n"
            . "Sec-WebSocket-Key: [A-Za-z0-9+/]{22}==\r\nX-Token: t\r\n\r\n$~D",
            $head,
        );
    }

    public function testFramesInTheSameSegmentAsTheAnswerAreDelivered(): void
    {
        $this->puppet->make('c', "ws://{$this->peer->address()}", ['websocketClientProtocol' => 'mqtt']);
        self::assertNull($this->puppet->call('c', 'send', 'early'));
        $this->puppet->call('c', 'connect');
        $peer = $this->peer->accept();
        $peer->write($this->answer($peer, 'Sec-WebSocket-Protocol: mqtt') . "\x81\x07welcome\x82\x01!");

        self::assertSame('connect', $this->puppet->next('c')[0]);
        self::assertSame(['websocket', 101, 'mqtt'], $this->puppet->next('c'));
        self::assertSame(['message', 'welcome'], $this->puppet->next('c'));
        self::assertSame(['message', '!'], $this->puppet->next('c'));
        self::assertSame([0x81, 'early'], $this->frame($peer));
    }

    public function testCompressionIsOfferedAndUsedIfTheOptionSaysSo(): void
    {
        $this->puppet->make('c', "ws://{$this->peer->address()}", [], [
            'context' => ['websocket' => ['compression' => ['threshold' => 50]]],
        ]);
        $this->puppet->call('c', 'connect');
        $peer = $this->peer->accept();
        $head = $peer->readUntil("\r\n\r\n");
        self::assertStringContainsString(
            "\r\nSec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover; client_no_context_takeover;"
            . " client_max_window_bits\r\n",
            $head,
        );
        $extension = 'Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover';
        $peer->write($this->answerTo($head, $extension) . "\xC1\x07\xF2\x48\xCD\xC9\xC9\x07\x00\x81\x05plain");

        self::assertSame('connect', $this->puppet->next('c')[0]);
        self::assertSame('websocket', $this->puppet->next('c')[0]);
        self::assertSame(['message', 'Hello'], $this->puppet->next('c'));
        self::assertSame(['message', 'plain'], $this->puppet->next('c'));
        $message = str_repeat('again and ', 5);
        $this->puppet->call('c', 'send', $message);
        [$first, $payload] = $this->frame($peer);
        self::assertSame([0xC1, $message], [$first, inflate_add(inflate_init(ZLIB_ENCODING_RAW), "$payload\0\0\xFF\xFF")]);
        $this->puppet->call('c', 'send', substr($message, 1));
        self::assertSame([0x81, substr($message, 1)], $this->frame($peer));
    }

    /** @testWith ["compress", "the option websocket.compress is not known; those of websocket are compression, follow_type"]
     *            ["origins", "the option websocket.origins is not known; those of websocket are compression, follow_type"]
     */
    public function testAnOptionThatAClientDoesNotHaveIsRefused(string $option, string $message): void
    {
        $this->puppet->make('c', "ws://{$this->peer->address()}", [], ['context' => ['websocket' => [$option => []]]]);

        self::assertSame("RuntimeException: $message", $this->puppet->call('c', 'connect'));
    }

    /** @dataProvider refusals */
    public function testARefusalIsToldAndEndsTheConnection(string $answer, string $reason): void
    {
        $this->puppet->make('c', "ws://{$this->peer->address()}");
        $this->puppet->call('c', 'connect');
        $peer = $this->peer->accept();
        $peer->readUntil("\r\n\r\n");
        $peer->write("$answer\r\n\r\n");

        self::assertSame('connect', $this->puppet->next('c')[0]);
        self::assertSame(['error', 1, "websocket handshake: $reason", 'CLOSING'], $this->puppet->next('c'));
        self::assertSame('close', $this->puppet->next('c')[0]);
        self::assertSame('', $peer->readToEnd());
    }

    /** @return iterable<string, array{string, string}> */
    public static function refusals(): iterable
    {
        $upgrade = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade";
        yield 'unauthorized' => ["HTTP/1.1 401 Unauthorized\r\nContent-Length: 0", 'the server answered 401 Unauthorized'];
        yield 'redirect' => ["HTTP/1.1 302 Found\r\nLocation: /", 'the server answered 302 Found'];
        yield 'no upgrade' => ['HTTP/1.1 101 Hm', 'the server does not upgrade to websocket'];
        yield 'no proof' => [$upgrade, 'Sec-WebSocket-Accept not found'];
        yield 'another proof' => ["$upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", 'Sec-WebSocket-Accept not match'];
        yield 'no http' => ["220 mail.example.org ready", 'not an HTTP response'];
    }

    public function testAMaskedFrameOfTheServerIsAProtocolError(): void
    {
        $peer = $this->upgraded('c');
        $peer->write("\x81\x81\0\0\0\0x");
        self::assertSame([0x88, "\x03\xea"], $this->frame($peer));
        $peer->close();
        self::assertSame('close', $this->puppet->next('c')[0]);
    }

    /** @dataProvider classes */
    public function testPingsAreAnsweredAndSentAndCloseSaysSo(array $set): void
    {
        $peer = $this->upgraded('c', $set + ['websocketPingInterval' => 0.05]);
        self::assertSame([0x89, ''], $this->frame($peer));
        $peer->write("\x89\x01?");
        do {
            $frame = $this->frame($peer);
        } while ($frame === [0x89, '']);
        self::assertSame([0x8a, '?'], $frame);

        $this->puppet->call('c', 'close', 'bye');
        $frames = array_filter($this->frames($peer), static fn (array $frame): bool => $frame !== [0x89, '']);
        self::assertSame([[0x81, 'bye'], [0x88, "\x03\xe8"]], array_values($frames));
        self::assertSame('close', $this->puppet->next('c')[0]);
    }

    public function testTypesAndLengths(): void
    {
        $peer = $this->upgraded('c');
        $this->puppet->call('c', 'send', str_repeat('x', 300));
        self::assertSame(str_repeat('x', 300), $this->frame($peer)[1]);
        $peer->write("\x81\x7e\x01\x2c" . str_repeat('y', 300));
        self::assertSame(['message', str_repeat('y', 300)], $this->puppet->next('c'));
    }

    /** @dataProvider classes */
    public function testWhatTheServerSendsIsReadOnceHoweverLongTheHandshakeIsLookedAt(array $set): void
    {
        $this->port = Port::free();
        $this->serve('client', ['LOOP' => Fiber::class]);
        $this->puppet = new Puppet($this->port);
        $this->puppet->make('c', "ws://{$this->peer->address()}", $set, [
            'websocket' => 'suspend',
            'events' => ['connect', 'message', 'websocket'],
        ]);
        self::assertNull($this->puppet->call('c', 'send', 'early'));
        $this->puppet->call('c', 'connect');
        $peer = $this->peer->accept();
        $peer->write($this->answer($peer) . "\x81\x03one");
        self::assertSame('connect', $this->puppet->next('c')[0]);
        self::assertSame('websocket', $this->puppet->next('c')[0]);
        self::assertSame([0x81, 'early'], $this->frame($peer));

        $peer->write("\x81\x03two");
        self::assertSame(['message', 'one'], $this->puppet->next('c'));
        self::assertSame(['message', 'two'], $this->puppet->next('c'));
        $this->puppet->resume('c');
        $peer->write("\x81\x05three");

        self::assertSame([0x81, 'resumed'], $this->frame($peer));
        self::assertSame(['message', 'three'], $this->puppet->next('c'));
    }

    /** @dataProvider classes */
    public function testNoTimerIsLeftOfAConnectionThatTheScriptClosesInsteadOfUsingIt(array $set): void
    {
        $before = $this->puppet->timers();
        $this->puppet->make('c', "ws://{$this->peer->address()}", $set + ['websocketPingInterval' => 60], [
            'websocket' => 'close',
            'events' => ['connect', 'close', 'websocket'],
        ]);
        $this->puppet->call('c', 'connect');
        $peer = $this->peer->accept();
        $peer->write($this->answer($peer));
        $peer->readToEnd();
        $peer->close();

        foreach (['connect', 'websocket', 'close'] as $event) {
            self::assertSame($event, $this->puppet->next('c')[0]);
        }
        self::assertSame($before, $this->puppet->timers());
    }

    /** @return iterable<string, array{array<string, string>}> */
    public static function classes(): iterable
    {
        yield 'the native protocol' => [[]];
        yield 'a class that extends it' => [['protocol' => 'OwnWs']];
    }

    public function testAgainstOurOwnServer(): void
    {
        $server = $this->launch(dirname(__DIR__) . '/fixtures/websocket.php', ['start'], ['PORT' => $port = \Ouvrier\Tests\Harness\Port::free()]);
        $server->waitForPort($port);
        $this->puppet->make('c', "ws://127.0.0.1:$port/");
        $this->puppet->call('c', 'connect');
        self::assertSame('connect', $this->puppet->next('c')[0]);
        self::assertSame(['websocket', 101, null], $this->puppet->next('c'));
    }

    /** @param array<string, mixed> $set */
    private function upgraded(string $name, array $set = []): Connection
    {
        $this->puppet->make($name, "ws://{$this->peer->address()}", $set);
        $this->puppet->call($name, 'connect');
        $peer = $this->peer->accept();
        $peer->write($this->answer($peer));
        self::assertSame('connect', $this->puppet->next($name)[0]);
        self::assertSame('websocket', $this->puppet->next($name)[0]);
        return $peer;
    }

    /** Reads the request, and returns the answer that lets the client in. */
    private function answer(Connection $peer, string ...$lines): string
    {
        return $this->answerTo($peer->readUntil("\r\n\r\n"), ...$lines);
    }

    private function answerTo(string $head, string ...$lines): string
    {
        preg_match('/Sec-WebSocket-Key: (\S+)/', $head, $key);
        $accept = base64_encode(sha1("$key[1]258EAFA5-E914-47DA-95CA-C5AB0DC85B11", true));
        return implode("\r\n", [
            'HTTP/1.1 101 Switching Protocols',
            'Upgrade: websocket',
            'Connection: Upgrade',
            "Sec-WebSocket-Accept: $accept",
            ...$lines,
            "\r\n",
        ]);
    }

    /** @return array{int, string} first byte and payload of the next frame, which is masked */
    private function frame(Connection $peer): array
    {
        [$first, $length] = array_values(unpack('C2', $peer->read(2)));
        self::assertSame(0x80, $length & 0x80, 'clients mask');
        $length &= 0x7f;
        if ($length === 126) {
            $length = unpack('n', $peer->read(2))[1];
        }
        $mask = $peer->read(4);
        return [$first, $peer->read($length) ^ str_pad('', $length, $mask)];
    }

    /** @return list<array{int, string}> all frames up to a close frame */
    private function frames(Connection $peer): array
    {
        $frames = [];
        do {
            $frames[] = $frame = $this->frame($peer);
        } while ($frame[0] !== 0x88);
        return $frames;
    }
}
