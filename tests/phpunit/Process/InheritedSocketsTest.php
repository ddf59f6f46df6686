<?php

declare(strict_types=1);

namespace Ouvrier\Tests\Process;

use Ouvrier\Tests\Harness\Client\Connection;
use Ouvrier\Tests\Harness\Client\Knocking;
use Ouvrier\Tests\Harness\Client\TextClient;
use Ouvrier\Tests\Harness\Client\UdpClient;
use Ouvrier\Tests\Harness\Port;
use Ouvrier\Tests\Harness\ServerProcess;
use Ouvrier\Tests\Harness\ServerTestCase;
use Ouvrier\Tests\Harness\Wait;

/**
 * What a process listens on is there for the next process in its place.
 */
final class InheritedSocketsTest extends ServerTestCase
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
    public function testNobodyIsRefusedWhileProcessesAreReplaced(array $environment): void
    {
        $server = $this->start($environment);
        $knocking = new Knocking("tcp://127.0.0.1:$this->port", "tcp://127.0.0.1:$this->inner");
        for ($reloads = 1; $reloads <= 10; $reloads++) {
            $before = TextClient::to($this->inner)->ask('pid');
            $server->signal(SIGUSR1);
            $done = static fn (): bool => substr_count($server->log(), 'reloaded, processes replaced: 1') === $reloads;
            $knocking->until($done, "the end of reload $reloads");
            self::assertNotSame($before, TextClient::to($this->inner)->ask('pid'));
        }

        self::assertSame([], $knocking->refusals);
        self::assertGreaterThanOrEqual(2 * 10, $knocking->knocks);
        self::assertStringNotContainsString('exit with status', $server->log());
    }

    /** @return iterable<string, array{array<string, int>}> */
    public static function services(): iterable
    {
        yield 'bound by the master' => [[]];
        yield 'bound by the process' => [['REUSE_PORT' => 1]];
    }

    public function testNobodyIsRefusedWhenAProcessIsKilled(): void
    {
        $server = $this->start(['REUSE_PORT' => 1]);
        $knocking = new Knocking("tcp://127.0.0.1:$this->port", "tcp://127.0.0.1:$this->inner");
        $before = TextClient::to($this->inner)->ask('pid');

        posix_kill((int) $before, SIGKILL);
        $knocking->until(static fn (): bool => substr_count($server->log(), 'started pid') === 2, 'the replacement');

        self::assertSame([], $knocking->refusals);
        self::assertNotSame($before, TextClient::to($this->inner)->ask('pid'));
    }

    public function testAUnixSocketOfAProcessIsServedByTheNextOne(): void
    {
        $path = sys_get_temp_dir() . "/ouvrier-inner-$this->port.sock";
        $server = $this->start(inner: "unix://$path");
        $ask = static fn (): string => (new Connection("unix://$path"))->write('pid')->readUntil('.');
        $before = $ask();

        $this->reload($server);

        self::assertNotSame($before, $ask());
        $server->stop();
        self::assertFileDoesNotExist($path);
    }

    public function testDatagramsWaitForTheNextProcess(): void
    {
        $server = $this->start(inner: "udp://127.0.0.1:$this->inner");
        $client = UdpClient::to($this->inner);
        $answers = [$client->ask('pid') => true];
        for ($reloads = 1; $reloads <= 3; $reloads++) {
            $server->signal(SIGUSR1);
            Wait::until(static function () use ($client, $server, $reloads, &$answers): bool {
                $answers[$client->ask('pid')] = true;
                return substr_count($server->log(), 'reloaded, processes replaced: 1') === $reloads;
            }, "the end of reload $reloads");
            $answers[$client->ask('pid')] = true;
        }

        self::assertCount(4, $answers);
    }

    public function testWhatTheReplacementDoesNotListenOnIsClosed(): void
    {
        $server = $this->start();
        touch("{$server->directory()}/silent");

        $this->reload($server);

        self::assertFalse(Port::isListening($this->inner));
        self::assertTrue(Port::isListening($this->port));
    }

    public function testAReplacementThatFailsLeavesTheSocketsToTheOldProcess(): void
    {
        $server = $this->start();
        $before = TextClient::to($this->inner)->ask('pid');
        touch("{$server->directory()}/broken");

        $server->signal(SIGUSR1);
        $server->waitForLog('/reload stopped: worker\[outer:\d+\] ended before it served, processes not replaced: 1/');

        self::assertSame($before, TextClient::to($this->inner)->ask('pid'));
        self::assertSame($before, TextClient::to($this->port)->ask('pid'));
    }

    public function testClientsAreRefusedWhileAProcessFailsAgainAndAgain(): void
    {
        $server = $this->start(['REUSE_PORT' => 1]);
        touch("{$server->directory()}/broken");

        posix_kill((int) TextClient::to($this->inner)->ask('pid'), SIGKILL);

        // The killed process counts as the first failure.
        $server->waitForLog('/has failed 4 times in a row, next try in 4 s/');
        Wait::until(fn (): bool => !Port::isListening($this->inner), 'the inner port to close');
        Wait::until(fn (): bool => !Port::isListening($this->port), 'the outer port to close');
        unlink("{$server->directory()}/broken");
        $server->waitForLog('/started pid \d+/', 2);
        self::assertSame(TextClient::to($this->port)->ask('pid'), TextClient::to($this->inner)->ask('pid'));
    }

    /** @param array<string, string|int> $environment */
    private function start(array $environment = [], ?string $inner = null): ServerProcess
    {
        $inner ??= "text://127.0.0.1:$this->inner";
        $server = $this->serve('inheriting', $environment + ['INNER' => $inner], ['ouvrier.drain_ms' => '100']);
        $server->waitForLog('/started pid/');
        return $server;
    }

    private function reload(ServerProcess $server): void
    {
        $server->signal(SIGUSR1);
        $server->waitForLog('/reloaded, processes replaced: 1/');
    }
}
