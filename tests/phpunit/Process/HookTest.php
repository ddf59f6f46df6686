<?php

declare(strict_types=1);

namespace Ouvrier\Tests\Process;

use Ouvrier\Tests\Harness\Client\TextClient;
use Ouvrier\Tests\Harness\ServerProcess;
use Ouvrier\Tests\Harness\ServerTestCase;
use Ouvrier\Tests\Harness\Wait;

/**
 * The methods of Worker that a subclass may override: each is called at its moment, and what it does not do is not done.
 */
final class HookTest extends ServerTestCase
{
    public function testAStartCallsItsSteps(): void
    {
        $server = $this->hooked();

        $this->assertCalled($server, [
            'master checkSapiEnv', 'master initStdOut', 'master init', 'master initGlobalEvent', 'master setProcessTitle',
            'master initId', 'master parseCommand', 'master getArgv', 'master checkMasterIsAlive',
            'master checkPortAvailable', 'master lock', 'master initWorkers', 'master getCurrentUser',
            'master getUiColumns', 'master listen', 'master daemonize', 'master installSignal', 'master saveMasterPid',
            'master lock', 'master displayUI', 'master getSingleLineTotalLength', 'master getVersionLine',
            'master forkWorkers', 'master forkWorkersForLinux', 'master forkOneWorkerForLinux',
        ]);
        $this->assertCalled($server, [
            'master forkOneWorkerForLinux', 'master resetStd', 'master monitorWorkers', 'master monitorWorkersForLinux',
        ]);
        $this->assertCalled($server, [
            'worker resetStd', 'worker setProcessTitle', 'worker setUserAndGroup', 'worker reinstallSignal', 'worker run',
            'worker listen', 'worker resumeAccept',
        ]);
    }

    public function testAProcessThatEndsCallsCheckErrorsAndIsForkedAgain(): void
    {
        $server = $this->hooked();

        TextClient::to($this->port)->send('exit')->readToEnd();
        $server->waitForLog('/started pid/', 2);

        $this->assertCalled($server, ['worker checkErrors', 'master forkWorkers', 'master forkOneWorkerForLinux']);
    }

    public function testStatusAndConnectionsAreAskedAndAnsweredThroughTheHandler(): void
    {
        $server = $this->hooked();
        TextClient::to($this->port)->ask('hello');

        $server->command('status');
        $server->command('connections');

        $this->assertCalled($server, ['master formatProcessStatusData', 'master formatConnectionStatusData']);
        foreach (['master', 'worker'] as $process) {
            $this->assertCalled($server, [
                "$process signalHandler", "$process writeStatisticsToStatusFile",
                "$process signalHandler", "$process writeConnectionsStatisticsToStatusFile",
            ]);
        }
    }

    public function testAReloadAsksMasterAndProcess(): void
    {
        $server = $this->hooked();

        $server->signal(SIGUSR1);
        $server->waitForLog('/reloaded, processes replaced: 1/');

        $this->assertCalled($server, [
            'master signalHandler', 'master getAllWorkerPids', 'master reload', 'master resetStd', 'master initId',
        ]);
        $this->assertCalled($server, ['worker signalHandler', 'worker reload', 'worker stopAll', 'worker stop']);
    }

    public function testAStopAsksMasterAndProcess(): void
    {
        $server = $this->hooked();

        $server->signal(SIGTERM);
        $server->waitForExit();

        $this->assertCalled($server, [
            'master signalHandler', 'master getSignalName', 'master stopAll', 'master exitAndClearAll',
        ]);
        $this->assertCalled($server, [
            'worker signalHandler', 'worker stopAll', 'worker stop', 'worker unlisten', 'worker checkErrors',
        ]);
        self::assertStringContainsString('Workerman[hooks.php] received signal SIGTERM', $server->log());
    }

    public function testASignalThatIsOverriddenHasNoEffect(): void
    {
        $server = $this->hooked([
            'OVERRIDE' => 'protected static function signalHandler(int $signal): void
                { $signal === SIGHUP ? self::log("SIGHUP is mine") : parent::signalHandler($signal); }',
        ]);

        $server->signal(SIGHUP);
        $server->waitForLog('/SIGHUP is mine/');

        self::assertStringEndsWith(' hello', TextClient::to($this->port)->ask('hello'));
    }

    public function testTheVersionLineAndTheColumnsAreTheSubclasss(): void
    {
        $server = $this->hooked([
            'OVERRIDE' => 'protected static function getVersionLine(): string { return "Mine/1\n"; }
                public static function getUiColumns(): array { return ["worker" => "name", "listening" => "statusSocket", "mine" => "nothing"]; }',
        ]);
        $server->waitForOutput('Start success');

        self::assertMatchesRegularExpression('/^Mine\/1$/m', $server->output());
        self::assertMatchesRegularExpression('/^worker +listening +mine *$/m', $server->output());
        self::assertMatchesRegularExpression('/^noting +text:\S+ +NNNN *$/m', $server->output());
        self::assertStringContainsString("\nMine/1\n", $server->command('status')->output);
    }

    public function testAMasterPidThatTheScriptSavesItselfIsItsBusiness(): void
    {
        $server = $this->hooked([
            'OVERRIDE' => 'protected static function saveMasterPid(): void
                { self::$masterPid = getmypid(); file_put_contents(self::$pidFile, (string) self::$masterPid); }',
        ]);

        self::assertSame($server->pid(), $server->masterPid());
        self::assertSame(0, $server->command('stop')->exitCode);
        self::assertSame(0, $server->waitForExit());
        self::assertFileDoesNotExist($server->directory() . '/server.pid.lock');
    }

    public function testAProcessThatAnOverrideDoesNotForkIsAskedForAgain(): void
    {
        $server = $this->hooked([
            'OVERRIDE' => 'protected static function forkOneWorkerForLinux(\Workerman\Worker $worker): void
                { static $tries = 0; if (++$tries === 1) { self::log("not yet"); return; } parent::forkOneWorkerForLinux($worker); }',
        ]);

        self::assertSame(1, substr_count($server->log(), 'not yet'));
        self::assertStringEndsWith(' hello', TextClient::to($this->port)->ask('hello'));
    }

    public function testAMethodOfTheMasterThatThrowsIsLogged(): void
    {
        $server = $this->hooked([
            'OVERRIDE' => 'protected static function reload(): void { throw new \LogicException("thrown in reload"); }',
        ]);

        $server->signal(SIGUSR1);
        $server->waitForLog('/LogicException: thrown in reload/');

        self::assertStringEndsWith(' hello', TextClient::to($this->port)->ask('hello'));
    }

    public function testTheTablesOfProcessesAreTrue(): void
    {
        $server = $this->hooked([
            'COUNT' => 2,
            'OVERRIDE' => 'protected static function signalHandler(int $signal): void {
                if ($signal !== SIGHUP) { parent::signalHandler($signal); return; }
                $ids = array_map(fn ($map) => array_values($map), array_values(self::$idMap));
                self::log("tables " . json_encode([array_map("array_values", array_values(self::$pidMap)), $ids,
                    array_values(self::$globalStatistics["worker_exit_info"]), array_values(self::getAllWorkerPids()),
                    self::$status, self::$masterPid, self::$statisticsFile, self::$connectionsFile])); }',
        ]);
        [$first, $second] = $server->waitForWorkers(2);
        $server->waitForLog('/started pid/', 2);
        TextClient::to($this->port)->send('exit')->readToEnd();
        $server->waitForLog('/started pid/', 3);
        $now = $server->waitForWorkers(2);
        $survivor = in_array($first, $now, true) ? $first : $second;
        $replacement = array_values(array_diff($now, [$survivor]))[0];

        $server->signal(SIGHUP);

        $tables = json_decode($server->waitForLog('/tables (.*)/')[0][1], true);
        self::assertSame([[[$survivor, $replacement]], [['768' => 1]], [$survivor, $replacement]], [$tables[0], $tables[2], $tables[3]]);
        self::assertEqualsCanonicalizing([$survivor, $replacement], $tables[1][0]);
        self::assertSame([2, $server->pid()], [$tables[4], $tables[5]]);
        self::assertSame($server->directory() . '/server.status', $tables[6]);
        self::assertSame($server->directory() . '/server.status.connection', $tables[7]);
    }

    public function testAScriptThatSaysTheServiceStopsIsBelieved(): void
    {
        $server = $this->hooked([
            'OVERRIDE' => 'protected static function signalHandler(int $signal): void {
                if ($signal !== SIGHUP) { parent::signalHandler($signal); return; }
                self::$status = self::STATUS_SHUTDOWN;
                foreach (self::getAllWorkerPids() as $pid) { posix_kill($pid, SIGTERM); } }',
        ]);

        $server->signal(SIGHUP);

        self::assertSame(0, $server->waitForExit());
        self::assertSame(1, preg_match_all('/started pid/', $server->log()));
    }

    /** @param array<string, string|int> $environment */
    private function hooked(array $environment = []): ServerProcess
    {
        $server = $this->serve('hooks', $environment);
        $server->waitForLog('/started pid/');
        $server->waitForOutput('Start success');
        TextClient::to($this->port)->ask('hello');
        return $server;
    }

    /**
     * Waits until the calls have been made in this order, others in between or not.
     *
     * @param list<string> $expected
     */
    private function assertCalled(ServerProcess $server, array $expected): void
    {
        $pattern = '/^' . implode('$.*?^', $expected) . '$/ms';
        $calls = static fn (): string => (string) file_get_contents($server->directory() . '/hooks');
        self::assertSame(1, Wait::until(
            static fn (): int => preg_match($pattern, $calls()),
            implode(', ', $expected) . " in:\n" . $calls(),
        ));
    }
}
