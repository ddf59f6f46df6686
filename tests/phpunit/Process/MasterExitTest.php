<?php

declare(strict_types=1);

namespace Ouvrier\Tests\Process;

use Ouvrier\Tests\Harness\Client\TextClient;
use Ouvrier\Tests\Harness\ProcessTable;
use Ouvrier\Tests\Harness\ServerTestCase;
use Ouvrier\Tests\Harness\Wait;

/**
 * A script that ends the master in one of its callbacks.
 */
final class MasterExitTest extends ServerTestCase
{
    /** @dataProvider callbacks */
    public function testNothingIsLeftOfTheService(string $callback, int $signal, bool $toWorker): void
    {
        $server = $this->serve('exiting', ['CALLBACK' => $callback]);
        $worker = (int) TextClient::to($this->port)->ask('pid');

        posix_kill($toWorker ? $worker : $server->pid(), $signal);

        self::assertSame(3, $server->waitForExit());
        Wait::until(static fn (): bool => !ProcessTable::isAlive($worker), 'the end of the worker');
        self::assertFileDoesNotExist("{$server->directory()}/server.pid");
    }

    /** @return iterable<string, array{string, int, bool}> */
    public static function callbacks(): iterable
    {
        yield 'onWorkerExit' => ['onWorkerExit', SIGKILL, true];
        yield 'onMasterReload' => ['onMasterReload', SIGUSR1, false];
        yield 'onMasterStop' => ['onMasterStop', SIGINT, false];
    }
}
