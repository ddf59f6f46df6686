<?php

declare(strict_types=1);

namespace Ouvrier\Tests\Process;

use Ouvrier\Tests\Harness\Client\HttpClient;
use Ouvrier\Tests\Harness\Client\HttpLoad;
use Ouvrier\Tests\Harness\Client\TextClient;
use Ouvrier\Tests\Harness\ProcessTable;
use Ouvrier\Tests\Harness\ServerProcess;
use Ouvrier\Tests\Harness\ServerTestCase;
use Ouvrier\Tests\Harness\Wait;

/**
 * `kill -9`, under load.
 */
final class KillTest extends ServerTestCase
{
    public function testTheOtherProcessNeverStopsServing(): void
    {
        $server = $this->serve('reloading', ['PROCESSES' => 2]);
        $server->waitForLog('/started web/', 2);
        $workers = $server->waitForWorkers(2);
        $load = new HttpLoad($this->port, keptAlive: 8, fresh: 4);
        $load->until(static fn (): bool => count($load->words) === 2, 'answers of both processes');
        $clients = $this->clientsOf($workers);
        [$victim, $survivor] = $workers;

        posix_kill($victim, SIGKILL);
        $load->until(
            static fn (): bool => substr_count($server->log(), 'started web') === 3,
            'the replacement',
        );
        $load->round();

        self::assertStringContainsString("worker[web:$victim] exit with status 9", $server->log());
        // At most one request in flight of each client of the victim is lost.
        self::assertLessThanOrEqual(12, count($load->failures));
        self::assertSame([], array_filter($load->failures, static fn (string $why): bool => str_contains($why, 'refused')));
        foreach ($clients[$survivor] as $client) {
            self::assertStringStartsWith("$survivor ", $client->get('/')['body']);
        }
        $this->assertNothingIsLostFromNowOn($server, $load);
    }

    public function testWorkersEndWhenTheirMasterIsKilledAndTheNextStartWorks(): void
    {
        $server = $this->daemon('status');
        $workers = $server->waitForWorkers(1);
        $master = $server->masterPid();

        posix_kill($master, SIGKILL);

        foreach ([$master, ...$workers] as $pid) {
            Wait::until(static fn (): bool => !ProcessTable::isAlive($pid), "the end of process $pid");
        }
        self::assertSame(1, $server->command('status')->exitCode);
        self::assertSame(0, $server->command('stop')->exitCode);
        self::assertSame(0, $server->command('start', '-d')->exitCode);
        $server->waitForPort($this->port);
        self::assertSame('hello', TextClient::to($this->port)->ask('hello'));
    }

    private function assertNothingIsLostFromNowOn(ServerProcess $server, HttpLoad $load): void
    {
        $load->failures = [];
        [, $answers] = [$server->waitForWorkers(2), $load->answers];
        $load->until(static fn (): bool => $load->answers > $answers + 200, 'two hundred answers');
        $load->finish();
        self::assertSame([], $load->failures);
    }

    /**
     * Clients whose connections stay, at least one of each process.
     *
     * @param list<int> $workers
     * @return array<int, list<HttpClient>>
     */
    private function clientsOf(array $workers): array
    {
        $clients = [];
        Wait::until(function () use (&$clients, $workers): bool {
            $client = HttpClient::to($this->port);
            $clients[(int) $client->get('/')['body']][] = $client;
            return count($clients) === count($workers);
        }, 'connections to every process');
        return $clients;
    }
}
