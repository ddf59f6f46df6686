<?php

declare(strict_types=1);

namespace Ouvrier\Tests\Process;

use Ouvrier\Tests\Harness\Client\TextClient;
use Ouvrier\Tests\Harness\Port;
use Ouvrier\Tests\Harness\ServerTestCase;

/**
 * `start -d` returns when the service is up, or says why it is not.
 */
final class DaemonStartTest extends ServerTestCase
{
    public function testTheCommandReturnsWhenTheProcessesServe(): void
    {
        $inner = Port::free();
        $server = $this->launch(
            dirname(__DIR__) . '/fixtures/inheriting.php',
            ['start', '-d'],
            ['PORT' => $this->port, 'INNER' => "text://127.0.0.1:$inner"],
        );

        self::assertSame(0, $server->waitForExit());
        self::assertMatchesRegularExpression('/started pid/', $server->log());
        self::assertNotSame(0, $server->masterPid());
        self::assertNotSame('', TextClient::to($inner)->ask('pid'));
    }

    public function testAWorkerThatDoesNotStartIsAFailure(): void
    {
        $server = $this->launch(
            dirname(__DIR__) . '/fixtures/crashing.php',
            ['start', '-d'],
            ['PORT' => $this->port, 'CURED' => '/nowhere'],
        );

        self::assertSame(1, $server->waitForExit());
        self::assertMatchesRegularExpression(
            '/start failed: worker\[crashing:\d+\] exit with status 256 before it served; it will be tried again, see /',
            $server->output(),
        );
        // The other worker serves.
        self::assertNotSame('', TextClient::to($this->port)->ask('hello'));
    }

    /** As some programs start others: the first sockets must not become the standard streams. */
    public function testAServiceStartsWithoutStandardStreams(): void
    {
        $server = $this->launch(
            dirname(__DIR__) . '/fixtures/status.php',
            ['start', '-d'],
            ['PORT' => $this->port],
            through: ['sh', '-c', 'exec "$0" "$@" <&- >&- 2>&-'],
        );

        self::assertSame(0, $server->waitForExit());
        self::assertSame('hello', TextClient::to($this->port)->ask('hello'));
    }

    public function testOfTwoStartsAtTheSameTimeOneWins(): void
    {
        $server = $this->daemon('inheriting', ['INNER' => 'text://127.0.0.1:' . Port::free()]);
        self::assertSame(0, $server->command('stop')->exitCode);

        $ends = array_map(static fn () => $server->beginCommand('start', '-d'), range(1, 4));
        $results = array_map(static fn ($end) => $end(), $ends);

        $codes = array_map(static fn ($result): int => $result->exitCode, $results);
        sort($codes);
        self::assertSame([0, 1, 1, 1], $codes, print_r($results, true));
        foreach ($results as $result) {
            self::assertTrue($result->exitCode === 0 || str_contains($result->output, 'already running'), $result->output);
        }
    }

    public function testCommandsThatAskAtTheSameTimeGetTheirAnswers(): void
    {
        $server = $this->daemon('inheriting', ['INNER' => 'text://127.0.0.1:' . Port::free()]);
        $words = ['status', 'connections', 'status', 'connections', 'status', 'status'];

        $ends = array_map(static fn (string $word) => $server->beginCommand($word, '--json'), $words);

        foreach ($ends as $end) {
            $result = $end();
            self::assertSame(0, $result->exitCode, $result->output);
            self::assertSame([], $result->json()['unresponsive']);
        }
    }
}
