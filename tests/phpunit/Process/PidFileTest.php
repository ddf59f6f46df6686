<?php

declare(strict_types=1);

namespace Ouvrier\Tests\Process;

use Ouvrier\Tests\Harness\Client\TextClient;
use Ouvrier\Tests\Harness\ProcessTable;
use Ouvrier\Tests\Harness\ServerProcess;
use Ouvrier\Tests\Harness\ServerTestCase;
use Ouvrier\Tests\Harness\Wait;

/**
 * Starts that meet each other, and pid files that name the wrong process.
 */
final class PidFileTest extends ServerTestCase
{
    /** @var resource|null */
    private $stranger;

    protected function tearDown(): void
    {
        if ($this->stranger) {
            proc_terminate($this->stranger, SIGKILL);
            proc_close($this->stranger);
        }
        parent::tearDown();
        array_map('unlink', glob($this->files() . '.*') ?: []);
    }

    public function testOfTwoStartsAtOnceOneWins(): void
    {
        $contenders = [$this->daemonScript('start'), $this->daemonScript('start')];

        $losers = Wait::until(
            static fn (): array => array_filter(
                $contenders,
                static fn (ServerProcess $one): bool => !ProcessTable::isAlive($one->pid()),
            ),
            'the end of one of two starts',
        );

        $winner = array_values(array_diff_key($contenders, $losers));
        self::assertCount(1, $losers);
        self::assertSame(1, current($losers)->waitForExit());
        self::assertStringContainsString('Workerman[daemon.php] already running', current($losers)->output());
        $winner[0]->waitForPort($this->port);
        self::assertSame('0', TextClient::to($this->port)->ask('hello'));
        self::assertSame((string) $winner[0]->pid(), file_get_contents($this->files() . '.pid'));
    }

    public function testAPidFileOfAForeignProcessIsReplacedAndTheProcessLeftAlone(): void
    {
        $this->stranger = proc_open(['sleep', '1000'], [], $pipes);
        $pid = proc_get_status($this->stranger)['pid'];
        // Until the program is there, the process still looks like this one.
        Wait::until(
            static fn (): bool => str_contains((string) file_get_contents("/proc/$pid/cmdline"), 'sleep'),
            'the foreign program',
        );
        file_put_contents($this->files() . '.pid', (string) $pid);

        $stop = $this->daemonScript('stop');
        self::assertSame(0, $stop->waitForExit());
        self::assertStringContainsString('Workerman[daemon.php] not run', $stop->output());

        $server = $this->daemonScript('start');
        $server->waitForPort($this->port);
        self::assertSame('0', TextClient::to($this->port)->ask('hello'));
        self::assertSame((string) $server->pid(), file_get_contents($this->files() . '.pid'));
        self::assertTrue(ProcessTable::isAlive($pid));
    }

    public function testAReloadOpensTheOutputFileAnew(): void
    {
        $this->daemonScript('start', '-d')->waitForExit();
        $out = $this->files() . '.out';
        try {
            TextClient::to($this->port)->ask('before');
            rename($out, "$out.old");
            TextClient::to($this->port)->ask('between');
            self::assertSame(0, $this->daemonScript('reload')->waitForExit());
            Wait::until(
                fn (): bool => str_contains((string) file_get_contents($this->files() . '.log'), 'reloaded, processes replaced: 1'),
                'the end of the reload',
            );
            TextClient::to($this->port)->ask('after');
            Wait::until(
                static fn (): bool => is_file($out) && str_contains((string) file_get_contents($out), 'echo of after'),
                'output in the new file',
            );
        } finally {
            $this->daemonScript('stop')->waitForExit();
        }
        $old = (string) file_get_contents("$out.old");
        self::assertStringContainsString('echo of before', $old);
        self::assertStringContainsString('echo of between', $old);
        self::assertStringNotContainsString('echo of after', $old);
    }

    private function daemonScript(string ...$words): ServerProcess
    {
        return $this->launch(
            dirname(__DIR__) . '/fixtures/daemon.php',
            $words,
            ['PORT' => $this->port, 'FILES' => $this->files()],
        );
    }

    private function files(): string
    {
        return sys_get_temp_dir() . "/ouvrier-pid-file-$this->port";
    }
}
