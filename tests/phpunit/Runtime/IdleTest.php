<?php

declare(strict_types=1);

namespace Ouvrier\Tests\Runtime;

use Ouvrier\Tests\Harness\Client\WebsocketClient;
use Ouvrier\Tests\Harness\ProcessTable;
use Ouvrier\Tests\Harness\ServerTestCase;

final class IdleTest extends ServerTestCase
{
    public function testAnIdleServerSleeps(): void
    {
        $server = $this->serve('websocket');
        [$worker] = $server->waitForWorkers(1);
        $client = WebsocketClient::open($this->port);
        self::assertSame('hello', $client->ask('hello'));
        // What follows an answer, such as going to sleep, is not yet idleness.
        $client->hasData(0.3);
        $switches = fn (): array => array_map(ProcessTable::contextSwitches(...), [$server->pid(), $worker]);

        $before = $switches();
        self::assertFalse($client->hasData(0.9), 'nothing arrives');

        self::assertSame($before, $switches(), 'master and worker wake for nothing');
        self::assertSame('again', $client->ask('again'));
    }
}
