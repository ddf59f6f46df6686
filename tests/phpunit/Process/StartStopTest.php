<?php

declare(strict_types=1);

namespace Ouvrier\Tests\Process;

use Ouvrier\Tests\Harness\Client\Acceptor;
use Ouvrier\Tests\Harness\Client\TextClient;
use Ouvrier\Tests\Harness\Port;
use Ouvrier\Tests\Harness\ProcessTable;
use Ouvrier\Tests\Harness\ServerProcess;
use Ouvrier\Tests\Harness\ServerTestCase;
use Ouvrier\Tests\Harness\Wait;

final class StartStopTest extends ServerTestCase
{
    private ?int $daemon = null;

    /** @var list<int> workers whose master was killed: they must end by themselves, but a test leaves nothing behind */
    private array $orphans = [];

    protected function tearDown(): void
    {
        array_map(static fn (int $pid): bool => posix_kill($pid, SIGKILL), $this->orphans);
        if (is_file($this->files() . '.pid')) {
            $this->command('stop')->waitForExit();
        }
        parent::tearDown();
        array_map('unlink', glob($this->files() . '.*') ?: []);
    }

    public function testAGracefulStopPartsFromAClientOnceItHasItsAnswer(): void
    {
        $server = $this->serve('descriptors', settings: ['ouvrier.drain_ms' => '0']);
        $client = TextClient::to($this->port)->write("first\nsec");
        self::assertSame('first', $client->receive());
        $server->signal(SIGQUIT);
        Wait::until(fn (): bool => !Port::isListening($this->port), 'the worker to accept no more');

        self::assertSame('second', $client->ask('ond'));
        self::assertSame('', $client->readToEnd());
    }

    public function testAStopClosesAConnectionOnceHoweverLongItsPeerTakes(): void
    {
        $server = $this->serve('stopping');
        $slow = new Acceptor();
        $client = TextClient::to($this->port)->send($slow->address());
        $peer = $slow->accept();
        self::assertSame('NULL', $client->receive());

        $server->signal(SIGINT);
        $server->waitForLog('/still turning/');

        self::assertSame(1, preg_match_all('/closing/', $server->log()));
        self::assertSame(32 << 20, strlen($peer->readToEnd()));
        self::assertSame(0, $server->waitForExit());
        self::assertSame(1, preg_match_all('/closing/', $server->log()));
    }

    public function testCtrlCEndsMasterAndWorkers(): void
    {
        $server = $this->serve('failing', ['COUNT' => 2]);
        [$first, $second] = $server->waitForWorkers(2);
        // Who is ended before it has begun has nothing to end.
        $server->waitForOutput("pid $first.");
        $server->waitForOutput("pid $second.");

        $server->interrupt();

        self::assertSame(0, $server->waitForExit());
        self::assertFalse(Port::isListening($this->port));
        foreach (['received signal SIGINT', 'stopping', 'has been stopped'] as $line) {
            self::assertStringContainsString("Workerman[failing.php] $line", $server->output());
        }
        self::assertStringContainsString("pid $first.", $server->output());
        self::assertMatchesRegularExpression("/stopped id \d pid $first\./", $server->output());
        self::assertMatchesRegularExpression("/stopped id \d pid $second\./", $server->output());
        self::assertFileDoesNotExist($server->directory() . '/server.pid');
    }

    /** @dataProvider signals */
    public function testASignalToTheMasterAloneEndsAll(int $signal, string $name): void
    {
        $server = $this->serve('failing', ['COUNT' => 2]);
        $server->waitForWorkers(2);

        $server->signal($signal);

        self::assertSame(0, $server->waitForExit());
        self::assertStringContainsString("received signal $name", $server->output());
    }

    /** @return iterable<string, array{int, string}> */
    public static function signals(): iterable
    {
        yield 'SIGINT' => [SIGINT, 'SIGINT'];
        yield 'SIGTERM' => [SIGTERM, 'SIGTERM'];
        yield 'SIGHUP' => [SIGHUP, 'SIGHUP'];
    }

    public function testTheBannerNamesEveryWorker(): void
    {
        $server = $this->serve('failing', ['COUNT' => 2]);
        $output = $server->waitForOutput('Press Ctrl+C to stop. Start success.');

        self::assertMatchesRegularExpression(
            '/^\S+ +tcp +\S+ +failing +text:\/\/127\.0\.0\.1:' . $this->port . ' +2 +\[OK\] *$/m',
            $server->output(),
        );
    }

    public function testThePidAndLogFilesAreWritten(): void
    {
        $server = $this->serve('failing');
        $server->waitForOutput('Start success');

        self::assertSame((string) $server->pid(), file_get_contents($server->directory() . '/server.pid'));
        self::assertMatchesRegularExpression(
            '/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d pid:' . $server->pid()
                . ' Workerman\[failing\.php\] start in DEBUG mode$/m',
            (string) file_get_contents($server->directory() . '/server.log'),
        );
    }

    public function testWithoutACommandTheUsageIsShown(): void
    {
        $server = $this->command();

        self::assertSame(0, $server->waitForExit());
        self::assertStringContainsString('start', $server->output());
        self::assertStringContainsString('stop', $server->output());
        self::assertSame([], ProcessTable::group($server->pid()));
    }

    public function testStopWithoutAServerSaysSo(): void
    {
        $server = $this->command('stop');

        self::assertSame(0, $server->waitForExit());
        self::assertStringContainsString('Workerman[daemon.php] not run', $server->output());
    }

    public function testADaemonLeavesItsTerminalServesAndIsStopped(): void
    {
        $start = $this->command('start', '-d');
        self::assertSame(0, $start->waitForExit());
        self::assertStringContainsString('start in DAEMON mode', $start->output());

        $this->daemon = $this->daemonPid();
        self::assertSame('0', TextClient::to($this->port)->ask('hello'));
        self::assertNotSame($start->pid(), ProcessTable::session($this->daemon));

        $stop = $this->command('stop');
        self::assertSame(0, $stop->waitForExit());
        self::assertStringContainsString('Workerman[daemon.php] stop success', $stop->output());
        self::assertFalse(ProcessTable::isAlive($this->daemon));
        self::assertFalse(Port::isListening($this->port));
        self::assertFileDoesNotExist($this->files() . '.pid');
    }

    public function testASecondStartSaysThatTheServerRuns(): void
    {
        $start = $this->command('start', '-d');
        $start->waitForExit();
        $this->daemon = $this->daemonPid();

        $second = $this->command('start');

        self::assertSame(1, $second->waitForExit());
        self::assertStringContainsString('Workerman[daemon.php] already running', $second->output());
        self::assertSame('0', TextClient::to($this->port)->ask('hello'));
    }

    public function testADaemonPrintsIntoTheStdoutFile(): void
    {
        $this->command('start', '-d')->waitForExit();
        $this->daemon = $this->daemonPid();
        TextClient::to($this->port)->ask('hello');

        self::assertStringContainsString('echo of hello', (string) file_get_contents($this->files() . '.out'));
    }

    public function testAPidFileOfADeadProcessDoesNotPreventAStart(): void
    {
        $this->command('start', '-d')->waitForExit();
        $killed = $this->daemonPid();
        $this->orphans = ProcessTable::children($killed);
        posix_kill($killed, SIGKILL);
        Wait::until(static fn (): bool => !ProcessTable::isAlive($killed), 'the end of the master');
        foreach ($this->orphans as $worker) {
            Wait::until(static fn (): bool => !ProcessTable::isAlive($worker), 'the end of an orphaned worker');
        }
        $this->orphans = [];

        self::assertSame(0, $this->command('start', '-d')->waitForExit());

        $this->daemon = $this->daemonPid($killed);
        self::assertSame('0', TextClient::to($this->port)->ask('hello'));
    }

    private function command(string ...$words): ServerProcess
    {
        return $this->launch(
            dirname(__DIR__) . '/fixtures/daemon.php',
            $words,
            ['PORT' => $this->port, 'FILES' => $this->files()],
        );
    }

    /** Where the daemon of this test keeps its files: unlike those of other servers, they outlive one command. */
    private function files(): string
    {
        return sys_get_temp_dir() . "/ouvrier-daemon-$this->port";
    }

    /** The master in the background, which writes its pid file a moment after the command has returned. */
    private function daemonPid(int $predecessor = 0): int
    {
        $file = $this->files() . '.pid';
        $pid = (int) Wait::until(
            static function () use ($file, $predecessor): string {
                $pid = is_file($file) ? trim((string) file_get_contents($file)) : '';
                return $pid === (string) $predecessor ? '' : $pid;
            },
            'the pid file of the daemon',
        );
        Wait::until(static fn (): array => ProcessTable::children($pid), 'the worker of the daemon');
        return $pid;
    }
}
