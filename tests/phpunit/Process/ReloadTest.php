<?php

declare(strict_types=1);

namespace Ouvrier\Tests\Process;

use Ouvrier\Tests\Harness\Client\HttpClient;
use Ouvrier\Tests\Harness\Client\TextClient;
use Ouvrier\Tests\Harness\Port;
use Ouvrier\Tests\Harness\ProcessTable;
use Ouvrier\Tests\Harness\ServerProcess;
use Ouvrier\Tests\Harness\ServerTestCase;
use Ouvrier\Tests\Harness\Wait;

/**
 * What a reload replaces and what it leaves alone.
 */
final class ReloadTest extends ServerTestCase
{
    private const SETTINGS = ['ouvrier.drain_ms' => '200'];

    /** @var list<string> */
    private array $files = [];

    protected function tearDown(): void
    {
        parent::tearDown();
        array_map('unlink', array_filter($this->files, 'is_file'));
    }

    public function testEveryProcessIsReplacedUnderItsIdAndTheCallbacksAreCalled(): void
    {
        $server = $this->serve('reloading', ['PROCESSES' => 3], self::SETTINGS);
        $before = self::startedProcesses($server, 3);

        $this->reload($server);

        $after = self::startedProcesses($server, 6);
        self::assertSame([0, 1, 2], array_keys($after));
        self::assertSame([], array_intersect($before, $after));
        self::assertSame($server->pid(), (int) $server->waitForLog('/onMasterReload pid (\d+)\./')[0][1]);
        foreach ($before as $id => $pid) {
            self::assertStringContainsString("onWorkerReload web $id pid $pid.", $server->log());
            Wait::until(static fn (): bool => !ProcessTable::isAlive($pid), "the end of the process $pid");
        }
        self::assertSame(array_values($after), $server->waitForWorkers(3));
        self::assertStringNotContainsString('exit with status', $server->log());
        self::assertStringContainsString('reloaded, processes replaced: 3', $server->log());
    }

    public function testFilesThatOnWorkerStartLoadsAreNew(): void
    {
        $hot = $this->file('<?php class Hot { const ANSWER = "first"; }');
        $server = $this->serve('reloading', ['HOT' => $hot], self::SETTINGS);
        self::assertSame('first', $this->get('/hot'));

        file_put_contents($hot, '<?php class Hot { const ANSWER = "second"; }');
        $this->reload($server);

        self::assertSame('second', $this->get('/hot'));
    }

    public function testAWorkerThatIsNotReloadableIsToldAndStays(): void
    {
        $port = Port::free();
        $server = $this->serve('reloading', ['STAY_PORT' => $port], self::SETTINGS);
        $server->waitForPort($port);
        $client = TextClient::to($port);
        $pid = $client->ask('pid');

        $this->reload($server);

        $server->waitForLog("/onWorkerReload stay 0 pid $pid\./");
        self::assertSame($pid, $client->ask('pid'));
        self::assertStringContainsString('processes replaced: 1', $server->log());
    }

    /** @dataProvider counts */
    public function testTheCountThatOnMasterReloadSetsTakesEffect(int $before, int $after): void
    {
        $count = $this->file((string) $before);
        $server = $this->serve('reloading', ['PROCESSES' => $before, 'COUNT' => $count], self::SETTINGS);
        self::startedProcesses($server, $before);

        file_put_contents($count, $after);
        $this->reload($server);

        $workers = $server->waitForWorkers($after);
        $started = self::startedProcesses($server, $before + $after);
        self::assertSame($workers, array_values(array_intersect($workers, $started)));
        self::assertStringNotContainsString('exit with status', $server->log());
    }

    /** @return iterable<string, array{int, int}> */
    public static function counts(): iterable
    {
        yield 'raised' => [1, 3];
        yield 'lowered' => [3, 1];
    }

    /** @dataProvider breakages */
    public function testABrokenReloadLeavesTheOldProcessesInService(string $code, string $message): void
    {
        $hot = $this->file('<?php class Hot { const ANSWER = "works"; }');
        $server = $this->serve('reloading', ['HOT' => $hot, 'PROCESSES' => 2], self::SETTINGS);
        [$first, $second] = self::startedProcesses($server, 2);

        file_put_contents($hot, "<?php $code");
        $server->signal(SIGUSR1);

        $server->waitForLog('/reload stopped: worker\[web:\d+\] ended before it served, processes not replaced: 2/');
        self::assertStringContainsString($message, $server->log());
        self::assertTrue(ProcessTable::isAlive($first));
        self::assertTrue(ProcessTable::isAlive($second));
        self::assertSame('works', $this->get('/hot'));

        file_put_contents($hot, '<?php class Hot { const ANSWER = "works again"; }');
        $this->reload($server);
        self::assertSame('works again', $this->get('/hot'));
    }

    /** @return iterable<string, array{string, string}> */
    public static function breakages(): iterable
    {
        yield 'exception' => ['throw new RuntimeException("broken at start");', 'RuntimeException: broken at start'];
        yield 'parse error' => ['this is no PHP', 'ParseError'];
        yield 'exit' => ['exit(7);', 'exit with status 1792'];
        yield 'fatal error' => ['class Worker extends Workerman\Timer { static function add(): void {} }', 'exit with status 65280'];
    }

    public function testAPortThatOnWorkerStartOpensIsFreeForTheReplacement(): void
    {
        $inner = Port::free();
        $server = $this->serve('reloading', ['INNER_PORT' => $inner], self::SETTINGS);
        $server->waitForPort($inner);
        $client = TextClient::to($inner);
        $first = $client->ask('pid');

        $this->reload($server);

        self::assertNotSame($first, TextClient::to($inner)->ask('pid'));
        self::assertSame('', $client->readToEnd());
    }

    public function testASecondReloadMeanwhileIsIgnored(): void
    {
        $server = $this->serve('reloading', ['PROCESSES' => 2, 'STOP_TIMEOUT' => 600], self::SETTINGS);
        self::startedProcesses($server, 2);
        $gate = $this->file('');
        $held = HttpClient::to($this->port)->request('GET', "/held?while=$gate");
        $server->waitForLog('/held request/');

        $server->signal(SIGUSR1);
        $server->waitForLog('/\] reloading$/m');
        $server->signal(SIGUSR1);
        $server->waitForLog('/reload ignored: one is under way/');
        unlink($gate);

        $server->waitForLog('/reloaded, processes replaced: 2/');
        self::assertSame('held answer', $held->receive()['body']);
        self::startedProcesses($server, 4);
    }

    public function testTheCommandReloadsADaemon(): void
    {
        $server = $this->daemon('reloading', settings: self::SETTINGS);
        self::startedProcesses($server, 1);

        $reload = $server->command('reload');

        self::assertSame(0, $reload->exitCode, $reload->output);
        self::assertStringContainsString('Workerman[reloading.php] reload', $reload->output);
        $server->waitForLog('/reloaded, processes replaced: 1/');
        self::startedProcesses($server, 2);
    }

    private function reload(ServerProcess $server): void
    {
        self::startedProcesses($server, 1);
        $server->signal(SIGUSR1);
        $server->waitForLog('/reloaded, processes replaced: \d+/');
    }

    private function get(string $target): string
    {
        return HttpClient::to($this->port)->get($target)['body'];
    }

    /**
     * The newest pid of each id, once so many http processes have started in all.
     *
     * @return array<int, int>
     */
    private static function startedProcesses(ServerProcess $server, int $count): array
    {
        $pids = [];
        foreach ($server->waitForLog('/started web (\d+) pid (\d+)\./', $count) as [, $id, $pid]) {
            $pids[(int) $id] = (int) $pid;
        }
        ksort($pids);
        return $pids;
    }

    private function file(string $content): string
    {
        $this->files[] = $file = (string) tempnam(sys_get_temp_dir(), 'ouvrier-reload');
        file_put_contents($file, $content);
        return $file;
    }
}
