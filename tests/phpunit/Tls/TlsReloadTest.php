<?php

declare(strict_types=1);

namespace Ouvrier\Tests\Tls;

use Ouvrier\Tests\Harness\Client\HttpClient;
use Ouvrier\Tests\Harness\Client\TextClient;
use Ouvrier\Tests\Harness\TlsTestCase;
use Ouvrier\Tests\Harness\Wait;

/**
 * Certificates are read anew at a reload, and no client notices.
 */
final class TlsReloadTest extends TlsTestCase
{
    public function testAReplacedProcessHasTheNewCertificate(): void
    {
        $server = $this->serveTls('http', [], [], ['ouvrier.drain_ms' => '5000']);
        $client = HttpClient::secure($this->port, $this->certificates->trust());
        self::assertSame('2:/a', $client->get('/a')['body']);

        $this->certificates->sign('renewed', 'server');
        $server->signal(SIGUSR1);
        $server->waitForLog('/reloading$/m');
        $answer = $client->get('/b');
        $server->waitForLog('/reloaded, processes replaced: 1/');

        self::assertSame('2:/b', $answer['body']);
        self::assertSame('2:/c', HttpClient::secure($this->port, $this->certificates->trust('renewed'))->get('/c')['body']);
    }

    public function testBrokenFilesStopTheReload(): void
    {
        $server = $this->serveTls('http', [], [], ['ouvrier.drain_ms' => '100']);

        file_put_contents($this->certificates->path('server.pem'), 'broken');
        $server->signal(SIGUSR1);

        $server->waitForLog('/server\.pem: holds no certificate/');
        $server->waitForLog('/reload stopped/');
        $this->certificates->sign('localhost', 'server');
        $server->waitForLog('/worker\[secure:\d+\] ended before it served/');
        self::assertSame('2:/a', HttpClient::secure($this->port, $this->certificates->trust())->get('/a')['body']);
    }

    public function testAProcessThatStaysReadsTheNewCertificate(): void
    {
        $server = $this->serveTls('text', [], ['STAY' => 1]);
        $client = TextClient::secure($this->port, $this->certificates->trust());
        self::assertSame('3:one', $client->ask('one'));

        $this->certificates->sign('renewed', 'server');
        $server->signal(SIGUSR1);
        $this->waitForName('renewed');

        self::assertSame('3:two', $client->ask('two'));
    }

    public function testAProcessThatStaysKeepsWhatItHasWhenTheNewFilesAreBroken(): void
    {
        $server = $this->serveTls('text', [], ['STAY' => 1]);
        $client = TextClient::secure($this->port, $this->certificates->trust());
        self::assertSame('3:one', $client->ask('one'));

        file_put_contents($this->certificates->path('server.key'), 'broken');
        $server->signal(SIGUSR1);

        $server->waitForLog('/keeps its certificates, the new ones do not serve: .*server\.key: holds no private key/');
        self::assertSame('3:two', $client->ask('two'));
        self::assertSame('5:three', TextClient::secure($this->port, $this->certificates->trust())->ask('three'));
    }

    private function waitForName(string $name): void
    {
        Wait::until(
            fn (): bool => str_contains($this->look()->output, "CN=$name"),
            "a certificate for $name",
        );
    }
}
