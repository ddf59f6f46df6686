<?php

declare(strict_types=1);

namespace Ouvrier\Tests\Tls;

use Ouvrier\Tests\Harness\Client\Connection;
use Ouvrier\Tests\Harness\Client\FrameClient;
use Ouvrier\Tests\Harness\Client\HttpClient;
use Ouvrier\Tests\Harness\Client\TextClient;
use Ouvrier\Tests\Harness\Client\WebsocketClient;
use Ouvrier\Tests\Harness\CommandResult;
use Ouvrier\Tests\Harness\TlsTestCase;

/**
 * Every protocol over TLS, with clients that are OpenSSL: PHP's streams and curl.
 */
final class TlsProtocolsTest extends TlsTestCase
{
    public function testHttpsWithCurl(): void
    {
        $this->serveTls('http');

        $answer = CommandResult::of([
            'curl', '-sv', '--cacert', $this->certificates->path('ca.pem'),
            "https://localhost:$this->port/first", "https://localhost:$this->port/second",
        ]);

        self::assertSame(0, $answer->exitCode, $answer->output);
        self::assertStringContainsString('6:/first', $answer->output);
        self::assertStringContainsString('7:/second', $answer->output);
        self::assertStringContainsString('server accepted http/1.1', $answer->output);
        self::assertMatchesRegularExpression('~Re-using existing (https: )?connection~', $answer->output);
    }

    public function testHttpsOverOneConnection(): void
    {
        $this->serveTls('http');
        $client = HttpClient::secure($this->port, $this->certificates->trust());

        self::assertSame('2:/a', $client->get('/a')['body']);
        self::assertSame('2:/b', $client->get('/b')['body']);
    }

    public function testWss(): void
    {
        $this->serveTls('websocket');
        $client = WebsocketClient::secure($this->port, $this->certificates->trust());
        $client->handshake();

        self::assertSame('5:hello', $client->ask('hello'));
        self::assertSame('ssl', $client->ask('transport'));
    }

    public function testText(): void
    {
        $this->serveTls('text');
        $client = TextClient::secure($this->port, $this->certificates->trust());

        self::assertSame('5:hello', $client->ask('hello'));
        self::assertSame('true', $client->ask('handshake'));
    }

    public function testARawStreamByItsScheme(): void
    {
        $this->serveTls('ssl');

        self::assertSame('5:hello', Connection::secure($this->port, $this->certificates->trust())->write('hello')->read(7));
    }

    public function testTenMegabytesBothWays(): void
    {
        $this->serveTls('frame');
        $payload = random_bytes(10 * 1024 * 1024 - 1024);
        $client = FrameClient::secure($this->port, $this->certificates->trust());

        self::assertTrue($client->send($payload)->receive() === strlen($payload) . ":$payload");
    }

    public function testWhatOnConnectSendsArrivesAfterTheHandshake(): void
    {
        $server = $this->serveTls('text', [], ['GREETING' => 'welcome']);
        $client = TextClient::secure($this->port, $this->certificates->trust());

        self::assertSame('welcome', $client->receive());
        self::assertStringContainsString('greeted: [null,0]', $server->log());
        self::assertSame('5:hello', $client->ask('hello'));
    }
}
