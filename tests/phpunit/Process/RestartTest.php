<?php

declare(strict_types=1);

namespace Ouvrier\Tests\Process;

use Ouvrier\Tests\Harness\Client\Connection;
use Ouvrier\Tests\Harness\Client\Knocking;
use Ouvrier\Tests\Harness\Client\TextClient;
use Ouvrier\Tests\Harness\Port;
use Ouvrier\Tests\Harness\ServerProcess;
use Ouvrier\Tests\Harness\ServerTestCase;
use Ouvrier\Tests\Harness\Wait;

/**
 * A restart, seen from its clients: the new master has the listening sockets of the old one.
 */
final class RestartTest extends ServerTestCase
{
    private int $inner;

    protected function setUp(): void
    {
        parent::setUp();
        $this->inner = Port::free();
    }

    /**
     * @dataProvider services
     * @param array<string, int> $environment
     */
    public function testNobodyIsRefused(array $environment): void
    {
        $server = $this->start("text://127.0.0.1:$this->inner", $environment);
        $knocking = new Knocking("tcp://127.0.0.1:$this->port", "tcp://127.0.0.1:$this->inner");
        for ($starts = 2; $starts <= 6; $starts++) {
            $before = TextClient::to($this->inner)->ask('pid');
            $end = $server->beginCommand('restart', '-d');
            $knocking->until(
                static fn (): bool => substr_count($server->log(), 'started pid') === $starts,
                "start $starts",
            );
            $restart = $end();
            self::assertSame(0, $restart->exitCode, $restart->output);
            self::assertNotSame($before, TextClient::to($this->inner)->ask('pid'));
        }

        self::assertSame([], $knocking->refusals);
        self::assertGreaterThanOrEqual(2 * 5, $knocking->knocks);
        self::assertFileDoesNotExist("{$server->directory()}/server.pid.handover");
    }

    /** @return iterable<string, array{array<string, int>}> */
    public static function services(): iterable
    {
        yield 'bound by the master' => [[]];
        yield 'bound by the process' => [['REUSE_PORT' => 1]];
    }

    public function testUnixSocketsAreHandedOverWithTheirFiles(): void
    {
        $path = sys_get_temp_dir() . "/ouvrier-restarted-$this->port.sock";
        $server = $this->start("unix://$path");
        $file = fileinode($path);
        $knocking = new Knocking("unix://$path");

        $end = $server->beginCommand('restart', '-d');
        $knocking->until(static fn (): bool => substr_count($server->log(), 'started pid') === 2, 'the second start');

        self::assertSame(0, $end()->exitCode);
        self::assertSame([], $knocking->refusals);
        clearstatcache();
        self::assertSame($file, fileinode($path));
        self::assertStringEndsWith('.', (new Connection("unix://$path"))->write('pid')->readUntil('.'));
        $server->stop();
        self::assertFileDoesNotExist($path);
    }

    public function testWhatTheNewServiceDoesNotListenOnIsClosed(): void
    {
        $server = $this->start("text://127.0.0.1:$this->inner");
        touch("{$server->directory()}/silent");

        self::assertSame(0, $server->command('restart', '-d')->exitCode);

        Wait::until(fn (): bool => !Port::isListening($this->inner), 'the inner port to close');
        self::assertTrue(Port::isListening($this->port));
    }

    /** @param array<string, string|int> $environment */
    private function start(string $inner, array $environment = []): ServerProcess
    {
        $server = $this->daemon('inheriting', $environment + ['INNER' => $inner], ['ouvrier.drain_ms' => '100']);
        $server->waitForLog('/started pid/');
        return $server;
    }
}
