<?php

declare(strict_types=1);

namespace Ouvrier\Tests\Runtime;

use Ouvrier\Tests\Harness\Client\WebsocketClient;
use Ouvrier\Tests\Harness\ProcessTable;
use Ouvrier\Tests\Harness\ServerTestCase;
use Ouvrier\Tests\Harness\Wait;

final class IdleTest extends ServerTestCase
{
    public function testAnIdleServerSleeps(): void
    {
        $server = $this->serve('websocket');
        [$worker] = $server->waitForWorkers(1);
        $client = WebsocketClient::open($this->port);
        self::assertSame('hello', $client->ask('hello'));
        $switches = fn (): array => array_map(ProcessTable::contextSwitches(...), [$server->pid(), $worker]);

        // What follows an answer, such as going to sleep, is not yet idleness.
        Wait::until(static function () use ($client, $switches): bool {
            $before = $switches();
            self::assertFalse($client->hasData(0.9), 'nothing arrives');
            return $switches() === $before;
        }, 'nine tenths of a second in which master and worker do not wake');

        self::assertSame('again', $client->ask('again'));
    }
}
