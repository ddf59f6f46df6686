<?php

declare(strict_types=1);

namespace Ouvrier\Tests\Process;

use Ouvrier\Tests\Harness\Client\TextClient;
use Ouvrier\Tests\Harness\Port;
use Ouvrier\Tests\Harness\ServerProcess;
use Ouvrier\Tests\Harness\ServerTestCase;

final class StatusTest extends ServerTestCase
{
    private ServerProcess $server;

    private int $worker;

    protected function setUp(): void
    {
        parent::setUp();
        $this->server = $this->serve('status');
        [$this->worker] = $this->server->waitForWorkers(1);
        TextClient::to($this->port)->ask('started');
    }

    public function testTheTablesHaveWorkermansColumnsAndWords(): void
    {
        $table = $this->server->command('status')->output;

        $address = "text://127.0.0.1:$this->port";
        $patterns = [
            '^Start worker in DEBUG mode\.$',
            '^-+GLOBAL STATUS-+$',
            '^\S+\/\S+ +.*PHP\/' . preg_quote(PHP_VERSION, '/') . ' .*Linux\/\S+$',
            '^start time:\d{4}-\d\d-\d\d \d\d:\d\d:\d\d   run 0 days 0 hours   load average: [\d.]+, [\d.]+, [\d.]+$',
            '^1 workers    1 processes$',
            '^name         event-loop     exit_status     exit_count$',
            '^reporter     \S+ +0 +0 *$',
            '^-+PROCESS STATUS-+$',
            '^pid\tmemory  listening +name     connections send_fail timers  total_request qps    status$',
            '^' . $this->worker . '\t[\d.]+M +' . preg_quote($address, '/') . ' reporter \d+ +0 +2 +1 +0 +\[idle\]$',
            '^Summary\t[\d.]+M +- +- +\d+ +0 +2 +1 +0 +\[Summary\] *$',
        ];
        foreach ($patterns as $pattern) {
            self::assertMatchesRegularExpression("/$pattern/m", $table);
        }
    }

    public function testAMasterThatWritesNothingIsToldWithTheFileThatWasAwaited(): void
    {
        $master = $this->server->masterPid();
        posix_kill($master, SIGSTOP);
        try {
            $result = $this->server->command('status');
        } finally {
            posix_kill($master, SIGCONT);
        }

        self::assertSame(1, $result->exitCode);
        self::assertMatchesRegularExpression("/the master process $master has not written to \\S+: it is busy, or can not/", $result->output);
    }

    public function testADaemonSaysSo(): void
    {
        $this->port = Port::free();
        $daemon = $this->daemon('status');
        TextClient::to($this->port)->ask('started');

        self::assertStringStartsWith('Start worker in DAEMON mode.', $daemon->command('status')->output);
        self::assertTrue($daemon->command('status', '--json')->json()['service']['daemonized']);
    }

    public function testJsonHasTheDocumentedKeys(): void
    {
        $status = $this->statusOfTheService();

        self::assertSame(['service', 'processes', 'unresponsive'], array_keys($status));
        self::assertSame([
            'pid', 'version_line', 'versions', 'daemonized', 'start_time', 'started_at', 'uptime_seconds', 'load_average',
            'reloading', 'workers', 'processes',
        ], array_keys($status['service']));
        self::assertSame(['name', 'listen', 'event_loop', 'exits'], array_keys($status['service']['workers'][0]));
        self::assertSame(
            ['pid', 'worker', 'id', 'listen', 'asked', 'retired'],
            array_keys($status['service']['processes'][0]),
        );
        self::assertSame([
            'pid', 'worker', 'id', 'listen', 'memory_bytes', 'connections', 'send_fail', 'timers', 'total_request', 'state',
            'busy_ms', 'callback', 'send_queue_bytes', 'dropped', 'datagrams_dropped', 'slow_clients', 'refused',
            'closed_slow', 'closed_late', 'closed_faulty', 'closed_silent', 'closed_idle', 'accepting', 'draining',
        ], array_keys($status['processes'][0]));
        self::assertSame($this->server->pid(), $status['service']['pid']);
        self::assertSame(PHP_VERSION, $status['service']['versions']['php']);
        self::assertSame([], $status['unresponsive']);
    }

    public function testTheCountersCount(): void
    {
        $first = TextClient::to($this->port);
        $second = TextClient::to($this->port);
        foreach ([$first, $second, $first] as $client) {
            $client->ask('hello');
        }

        $process = $this->statusOfTheService()['processes'][0];

        // One more of each for the client that knocked at the start: its connection may still be open.
        self::assertSame(4, $process['total_request']);
        self::assertContains($process['connections'], [2, 3]);
        self::assertSame([2, 0, 0], [$process['timers'], $process['send_fail'], $process['dropped']]);
        self::assertSame(['idle', 0, null], [$process['state'], $process['busy_ms'], $process['callback']]);
        self::assertSame([true, false], [$process['accepting'], $process['draining']]);
        self::assertGreaterThan(0, $process['memory_bytes']);
    }

    public function testAMessageThatIsDroppedIsCounted(): void
    {
        $slow = TextClient::to($this->port)->send('overflow');
        $this->server->waitForLog('/second send: false/');

        $process = $this->statusOfTheService()['processes'][0];

        self::assertSame([1, 1, 1], [$process['send_fail'], $process['dropped'], $process['slow_clients']]);
        self::assertGreaterThan(0, $process['send_queue_bytes']);
        self::assertStringContainsString('xxx', $slow->readUntil("\n"));
    }

    /** @dataProvider naps */
    public function testABusyProcessIsReportedAndNotDisturbed(string $command, string $callback): void
    {
        $client = TextClient::to($this->port)->send($command);
        $this->server->waitForLog('/asleep/');

        $status = $this->statusOfTheService();
        $table = $this->server->command('status')->output;
        $connections = $this->server->command('connections', '--json')->json();

        self::assertFalse($client->hasData(), 'still asleep');
        self::assertSame([], $status['unresponsive']);
        self::assertSame(['busy', $callback], [$status['processes'][0]['state'], $status['processes'][0]['callback']]);
        self::assertGreaterThan(0, $status['processes'][0]['busy_ms']);
        self::assertMatchesRegularExpression("/^$this->worker\\t.*\\[busy [\\d.]+s $callback\\]$/m", $table);
        self::assertNotSame([], $connections['connections']);
        unlink($this->server->directory() . '/asleep');
        self::assertSame('0 seconds too early', $client->receive());
        self::assertSame('idle', $this->statusOfTheService()['processes'][0]['state']);
    }

    /** @return iterable<string, array{string, string}> */
    public static function naps(): iterable
    {
        yield 'onMessage' => ['sleep', 'onMessage'];
        yield 'timer' => ['sleep in a timer', 'Timer'];
    }

    public function testExitsAreCounted(): void
    {
        TextClient::to($this->port)->send('exit')->readToEnd();
        $this->server->waitForLog('/exit with status 768/');
        TextClient::to($this->port)->ask('back');

        self::assertSame([['status' => 768, 'count' => 1]], $this->statusOfTheService()['service']['workers'][0]['exits']);
        self::assertMatchesRegularExpression(
            '/^reporter     \S+ +768 +1 *$/m',
            $this->server->command('status')->output,
        );
    }

    public function testTheFilesForTheAnswersAreRemoved(): void
    {
        $this->server->command('status');
        $this->server->command('connections');

        self::assertSame([], glob($this->server->directory() . '/*.status*'));
    }

    private function statusOfTheService(): array
    {
        $command = $this->server->command('status', '--json');
        self::assertSame(0, $command->exitCode, $command->output);
        return $command->json();
    }
}
