<?php

declare(strict_types=1);

namespace Ouvrier\Tests\Examples;

use Ouvrier\Tests\Harness\Client\HttpClient;
use Ouvrier\Tests\Harness\Client\TextClient;
use Ouvrier\Tests\Harness\Port;
use Ouvrier\Tests\Harness\ServerProcess;
use Ouvrier\Tests\Harness\ServerTestCase;
use Ouvrier\Tests\Harness\SocketTable;
use Ouvrier\Tests\Harness\Wait;

/**
 * examples/listen/reuse-port.php
 */
final class ReusePortTest extends ServerTestCase
{
    private const CONNECTIONS = 100;

    private ServerProcess $server;

    protected function setUp(): void
    {
        parent::setUp();
        $this->server = $this->example('listen/reuse-port.php');
        Wait::until(static fn (): bool => Port::listeners(2016) === 4, 'four listeners on port 2016');
    }

    public function testEachOfTheFourProcessesGetsConnections(): void
    {
        $workers = $this->server->waitForWorkers(4);
        $clients = [];
        $served = [];
        for ($i = 0; $i < self::CONNECTIONS; $i++) {
            $clients[] = $client = HttpClient::to(2016);
            self::assertSame("hello\n", $client->get('/')['body']);
            $clientPort = (int) substr($client->localAddress(), strlen('127.0.0.1:'));
            $served[] = SocketTable::acceptor(2016, $clientPort, $workers);
        }
        $served = array_unique($served);
        sort($served);

        self::assertSame($workers, $served);
        self::assertStringNotContainsString('Address already in use', $this->server->output());
    }

    public function testTheOuterWorkerServesText(): void
    {
        self::assertSame("hello\n\n", TextClient::to(2015)->send('hi')->read(7));
    }
}
