<?php

declare(strict_types=1);

namespace Ouvrier\Tests\Protocol;

use Ouvrier\Tests\Harness\Client\Connection;
use Ouvrier\Tests\Harness\Client\TextClient;
use Ouvrier\Tests\Harness\ServerProcess;
use Ouvrier\Tests\Harness\ServerTestCase;
use Ouvrier\Tests\Harness\Wait;

/**
 * Raw streams, and unix sockets in place of ports.
 */
final class StreamTest extends ServerTestCase
{
    public function testARawConnectionDeliversBytesAsTheyCome(): void
    {
        $this->serve('protocols', ['SCHEME' => 'tcp']);

        self::assertSame("4:\0\n\xFFx", Connection::to($this->port)->write("\0\n\xFFx")->read(6));
    }

    public function testARawUnixSocket(): void
    {
        $socket = $this->socketOf($this->serveOnSocket('unix'));

        self::assertSame('5:hello', (new Connection($socket))->write('hello')->read(7));
    }

    public function testAProtocolOverAUnixSocket(): void
    {
        $socket = $this->socketOf($this->serveOnSocket('text'));

        self::assertSame('5:hello', (new TextClient($socket))->ask('hello'));
    }

    public function testTheSocketFileIsRemovedAtTheEnd(): void
    {
        $server = $this->serveOnSocket('text');
        $this->socketOf($server);

        $server->interrupt();
        $server->waitForExit();

        self::assertFileDoesNotExist($server->directory() . '/server.sock');
    }

    private function serveOnSocket(string $scheme): ServerProcess
    {
        return $this->launch(dirname(__DIR__) . '/fixtures/protocols.php', ['start'], ['SCHEME' => $scheme]);
    }

    private function socketOf(ServerProcess $server): string
    {
        $path = $server->directory() . '/server.sock';
        Wait::until(static fn (): bool => file_exists($path), 'the socket file');
        $server->waitForOutput('Start success');
        return "unix://$path";
    }
}
