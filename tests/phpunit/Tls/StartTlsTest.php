<?php

declare(strict_types=1);

namespace Ouvrier\Tests\Tls;

use Ouvrier\Tests\Harness\Client\Acceptor;
use Ouvrier\Tests\Harness\Client\TextClient;
use Ouvrier\Tests\Harness\ServerProcess;
use Ouvrier\Tests\Harness\TlsTestCase;

/** Connections that begin TLS when they have been there before, against PHP's own TLS. */
final class StartTlsTest extends TlsTestCase
{
    /** @dataProvider ways */
    public function testAClientIsServedOverTlsFromThenOn(string $way, string $begun): void
    {
        $this->startTlsServer();
        $client = TextClient::to($this->port);
        self::assertSame('ready', $client->ask("starttls $way"));

        self::assertTrue($client->startTls(STREAM_CRYPTO_METHOD_TLS_CLIENT, $this->certificates->trust()));
        self::assertSame("began with $begun", $client->receive());
        self::assertSame(['hello', true], $client->askJson('hello'));
        self::assertSame([false, 'stream_socket_enable_crypto(): TLS of a connection ends with the connection'], $client->askJson('end'));
    }

    /** @dataProvider ways */
    public function testAServerIsSpokenToOverTlsFromThenOn(string $way, string $begun): void
    {
        $this->startTlsServer($this->certificates->trust());
        $control = TextClient::to($this->port);
        $peer = $this->acceptDialled($control, $way);

        self::assertTrue($peer->startTls(STREAM_CRYPTO_METHOD_TLS_SERVER));
        self::assertSame("began with $begun", $control->receive());
        self::assertSame("secret\n", $peer->read(7));
        $peer->write("answer\n");
        self::assertSame('heard answer', $control->receive());
    }

    /** @return iterable<string, array{string, string}> */
    public static function ways(): iterable
    {
        yield 'by its transport' => ['transport', '"ssl"'];
        yield 'by doSslHandshake()' => ['handshake', '0'];
        yield 'by doSslHandshake() until it is done' => ['handshake-loop', 'true'];
        yield 'by stream_socket_enable_crypto()' => ['crypto', '0'];
        yield 'by stream_socket_enable_crypto() until it is done' => ['crypto-loop', 'true'];
        yield 'by stream_socket_enable_crypto() on a blocking stream' => ['crypto-blocking', 'true'];
    }

    /** @dataProvider protocols */
    public function testWhatWasSmuggledInBeforeIsNotObeyed(string $protocol): void
    {
        $server = $this->startTlsServer(environment: ['PROTOCOL' => $protocol]);
        $client = TextClient::to($this->port)->write("starttls transport\nsmuggled\n");
        self::assertSame('ready', $client->receive());

        self::assertFalse($client->startTls(STREAM_CRYPTO_METHOD_TLS_CLIENT, $this->certificates->trust()));
        $server->waitForOutput('the peer does not speak TLS');
    }

    /** @return iterable<string, array{string}> */
    public static function protocols(): iterable
    {
        yield 'a protocol of ours' => [''];
        yield 'a protocol class of the application' => ['Lines'];
    }

    /** @dataProvider ends */
    public function testAHandshakeThatFailsEndsTheConnection(string $way, string $begun): void
    {
        $server = $this->startTlsServer($this->certificates->trust('elsewhere'));
        $control = TextClient::to($this->port);
        $peer = $this->acceptDialled($control, $way);

        $peer->startTls(STREAM_CRYPTO_METHOD_TLS_SERVER);
        self::assertSame('', $peer->readToEnd());
        $told = [$control->receive(), $control->receive()];
        sort($told);
        self::assertSame(["began with $begun", 'closed'], $told);
        $server->waitForOutput('SSL handshake error');
    }

    /** @return iterable<string, array{string, string}> */
    public static function ends(): iterable
    {
        yield 'by its transport' => ['transport', '"ssl"'];
        yield 'by doSslHandshake() until it is done' => ['handshake-loop', 'false'];
        yield 'by stream_socket_enable_crypto() on a blocking stream' => ['crypto-blocking', 'false'];
    }

    public function testWithoutACertificateTheScriptIsToldSo(): void
    {
        $this->startTlsServer(['verify_peer' => false]);
        $client = TextClient::to($this->port);
        self::assertSame('ready', $client->ask('starttls handshake'));
        self::assertSame(
            'transport ssl: there is no certificate: local_cert names the file of one',
            json_decode(substr($client->receive(), strlen('began with '))),
        );
        self::assertSame('ready', $client->ask('starttls crypto'));
        self::assertSame('began with false', $client->receive());
    }

    /**
     * @param null|array<string, mixed> $ssl
     * @param array<string, string> $environment
     */
    private function startTlsServer(?array $ssl = null, array $environment = []): ServerProcess
    {
        $ssl ??= $this->certificates->sign('localhost', 'server');
        return $this->serve('starttls', $environment + ['SSL' => json_encode($ssl)]);
    }

    /** The connection that the server makes, up to the word that begins TLS. */
    private function acceptDialled(TextClient $control, string $way): TextClient
    {
        $acceptor = new Acceptor(context: ['ssl' => $this->certificates->sign('localhost', 'peer')]);
        $control->send("dial tcp://{$acceptor->address()} $way");
        $peer = TextClient::over($acceptor->acceptStream());
        self::assertSame('starttls', $peer->receive());
        return $peer->send('ready');
    }
}
