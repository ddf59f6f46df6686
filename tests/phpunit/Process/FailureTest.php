<?php

declare(strict_types=1);

namespace Ouvrier\Tests\Process;

use Ouvrier\Tests\Harness\Client\TextClient;
use Ouvrier\Tests\Harness\ServerProcess;
use Ouvrier\Tests\Harness\ServerTestCase;

/**
 * What ends a worker, the raw wait status its master sees, and the worker that takes its place.
 */
final class FailureTest extends ServerTestCase
{
    /** @dataProvider failures */
    public function testAFailingWorkerIsReplaced(string $command, int $status, string $message): void
    {
        $server = $this->serve('failing', settings: ['memory_limit' => '64M']);
        [$worker] = $server->waitForWorkers(1);
        $bystander = TextClient::to($this->port);
        self::assertSame("0 $worker", $bystander->ask('who'));

        TextClient::to($this->port)->send($command);

        $server->waitForOutput("worker[failing:$worker] exit with status $status");
        $server->waitForOutput("onWorkerExit failing $status $worker.");
        self::assertStringContainsString($message, $server->output());
        self::assertSame('', $bystander->readToEnd());
        self::assertMatchesRegularExpression('/^0 (?!' . $worker . '$)\d+$/', TextClient::to($this->port)->ask('who'));
    }

    /** @return iterable<string, array{string, int, string}> */
    public static function failures(): iterable
    {
        yield 'exception in onMessage' => ['throw', 64000, 'LogicException: thrown in onMessage'];
        yield 'exception in onClose' => ['throw at close', 64000, 'LogicException: thrown in onClose'];
        yield 'exception in a timer' => ['throw in a timer', 64000, 'LogicException: thrown in a timer'];
        yield 'TypeError' => ['type error', 64000, 'TypeError'];
        yield 'exit(3)' => ['exit', 768, 'process terminated'];
        yield 'exit(4) with a shutdown function' => ['exit with a shutdown function', 1024, 'shutdown function ran'];
        yield 'fatal error' => ['fatal', 65280, 'process terminated with ERROR: E_COMPILE_ERROR "Declaration of'];
        yield 'E_USER_ERROR, which leaves by longjmp' => ['user error', 65280, 'raised by the script'];
        yield 'memory_limit' => ['memory', 65280, 'process terminated with ERROR: E_ERROR "Allowed memory size'];
    }

    public function testTheErrorHandlerOfAConnectionCatchesItsExceptions(): void
    {
        $server = $this->serve('failing');
        [$worker] = $server->waitForWorkers(1);
        $client = TextClient::to($this->port);

        self::assertSame('LogicException: handled', $client->ask('throw to the handler'));
        self::assertSame("0 $worker", $client->ask('who'));
    }

    public function testAKilledWorkerIsReplacedUnderTheSameId(): void
    {
        $server = $this->serve('failing', ['COUNT' => 3]);
        $before = $this->startedWorkers($server, 3);
        self::assertSame([0, 1, 2], array_keys($before));

        posix_kill($before[1], SIGKILL);

        $server->waitForOutput("worker[failing:$before[1]] exit with status 9");
        $after = $this->startedWorkers($server, 4);
        self::assertSame([0, 1, 2], array_keys($after));
        self::assertSame([$before[0], $before[2]], [$after[0], $after[2]]);
        self::assertNotSame($before[1], $after[1]);
    }

    public function testAWorkerThatStopsItselfFlushesItsReplyAndIsReplaced(): void
    {
        $server = $this->serve('failing');
        [$worker] = $server->waitForWorkers(1);

        self::assertSame("stopping\n", TextClient::to($this->port)->send('stop')->readToEnd());

        $server->waitForOutput("stopped id 0 pid $worker.");
        self::assertStringNotContainsString("0 $worker", TextClient::to($this->port)->ask('who'));
        self::assertStringNotContainsString("worker[failing:$worker] exit", $server->output());
    }

    /**
     * The newest pid of each id, once so many workers have started in all.
     *
     * @return array<int, int>
     */
    private function startedWorkers(ServerProcess $server, int $count): array
    {
        $server->waitForMatch('/(?:started id \d+ pid \d+\.\s[^$]*?){' . $count . '}/');
        preg_match_all('/started id (\d+) pid (\d+)\./', $server->output(), $matches);
        $pids = array_combine($matches[1], array_map('intval', $matches[2]));
        ksort($pids);
        return $pids;
    }
}
