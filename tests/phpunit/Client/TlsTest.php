<?php

declare(strict_types=1);

namespace Ouvrier\Tests\Client;

use Ouvrier\Tests\Harness\Certificate;
use Ouvrier\Tests\Harness\Client\Acceptor;
use Ouvrier\Tests\Harness\Client\Puppet;
use Ouvrier\Tests\Harness\ServerTestCase;

/**
 * Clients over TLS; the other end is PHP's own.
 */
final class TlsTest extends ServerTestCase
{
    private Puppet $puppet;

    private Certificate $certificate;

    private Acceptor $peer;

    protected function setUp(): void
    {
        parent::setUp();
        $this->serve('client');
        $this->puppet = new Puppet($this->port);
        $this->certificate = new Certificate();
        $this->peer = new Acceptor('ssl://127.0.0.1:0', ['ssl' => ['local_cert' => $this->certificate->file]]);
    }

    /** @dataProvider transports */
    public function testOnConnectComesWhenTheConnectionIsSecured(string $scheme, string $transport): void
    {
        $this->make("$scheme://localhost:{$this->peerPort()}", ['transport' => $transport] + ['protocol' => 'Workerman\Protocols\Text']);
        self::assertNull($this->puppet->call('c', 'send', 'early'));
        $this->puppet->call('c', 'connect');
        $peer = $this->peer->accept();
        self::assertSame("early\n", $peer->read(6));
        self::assertSame('connect', $this->puppet->next('c')[0]);
        self::assertTrue($this->puppet->call('c', 'send', 'late'));
        self::assertSame("late\n", $peer->read(5));
        $peer->write("one\ntwo\n");
        self::assertSame(['drain'], $this->puppet->next('c'));
        self::assertSame(['message', 'one'], $this->puppet->next('c'));
        self::assertSame(['message', 'two'], $this->puppet->next('c'));
        $this->puppet->call('c', 'close', 'bye');
        self::assertSame("bye\n", $peer->readToEnd());
    }

    /** @return iterable<string, array{string, string}> */
    public static function transports(): iterable
    {
        yield 'ssl://' => ['ssl', 'ssl'];
        yield 'tls://' => ['tls', 'tls'];
        yield 'transport ssl' => ['tcp', 'ssl'];
    }

    public function testWss(): void
    {
        $this->make("wss://localhost:{$this->peerPort()}/chat");
        $this->puppet->call('c', 'connect');
        $peer = $this->peer->accept();
        $head = $peer->readUntil("\r\n\r\n");
        self::assertStringStartsWith("GET /chat HTTP/1.1\r\nHost: localhost:{$this->peerPort()}\r\n", $head);
        preg_match('/Sec-WebSocket-Key: (\S+)/', $head, $key);
        $accept = base64_encode(sha1("$key[1]258EAFA5-E914-47DA-95CA-C5AB0DC85B11", true));
        $peer->write("HTTP/1.1 101 Hello\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: $accept\r\n\r\n\x81\x02hi");
        self::assertSame('connect', $this->puppet->next('c')[0]);
        self::assertSame('websocket', $this->puppet->next('c')[0]);
        self::assertSame(['message', 'hi'], $this->puppet->next('c'));
    }

    public function testAServerThatIsNotTrustedIsAFailure(): void
    {
        $this->make("ssl://localhost:{$this->peerPort()}", [], []);
        $this->puppet->call('c', 'connect');
        $this->peer->refuse();
        [$event, $code, $message] = $this->puppet->next('c');
        self::assertSame(['error', 1], [$event, $code]);
        self::assertMatchesRegularExpression('~^connect localhost:\d+ fail after [\d.]+ seconds: TLS: ~', $message);
        self::assertSame('close', $this->puppet->next('c')[0]);

        $this->make("ssl://localhost:{$this->peerPort()}", [], ['ssl' => ['verify_peer' => false, 'verify_peer_name' => false]]);
        $this->puppet->call('c', 'connect');
        $this->peer->accept();
        self::assertSame('connect', $this->puppet->next('c')[0]);
    }

    public function testAServerThatSpeaksNoTlsIsAFailure(): void
    {
        $plain = new Acceptor();
        $this->make('ssl://' . $plain->address());
        $this->puppet->call('c', 'connect');
        $plain->accept()->write("220 mail.example.org ready\r\n");
        self::assertStringEndsWith(': TLS: the peer does not speak TLS', $this->puppet->next('c')[2]);
    }

    public function testAnOptionThatCannotBeHadIsAnException(): void
    {
        $this->make('ssl://127.0.0.1:1', [], ['ssl' => ['no_such_option' => 1]]);
        self::assertSame(
            'RuntimeException: transport ssl: the ssl option no_such_option is not known',
            $this->puppet->call('c', 'connect'),
        );
    }

    /**
     * @param array<string, string> $set
     * @param ?array<string, mixed> $context null: the certificate of the peer is trusted
     */
    private function make(string $address, array $set = [], ?array $context = null): void
    {
        $context ??= ['ssl' => ['cafile' => $this->certificate->file]];
        self::assertSame('INITIAL', $this->puppet->make('c', $address, $set, ['context' => $context]));
    }

    private function peerPort(): string
    {
        return explode(':', $this->peer->address())[1];
    }
}
