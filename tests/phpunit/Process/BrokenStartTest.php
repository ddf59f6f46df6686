<?php

declare(strict_types=1);

namespace Ouvrier\Tests\Process;

use Ouvrier\Tests\Harness\Client\TextClient;
use Ouvrier\Tests\Harness\Port;
use Ouvrier\Tests\Harness\ServerTestCase;

/**
 * Processes that end in their onWorkerStart: the log says how, and the service is there once they do not any more.
 */
final class BrokenStartTest extends ServerTestCase
{
    /** @dataProvider ends */
    public function testTheLogSaysHowAProcessEnded(string $start, string $line, string $exit): void
    {
        $server = $this->serve('starting', ['START' => $start], ['memory_limit' => '64M']);
        [$worker] = $server->waitForWorkers(1);
        TextClient::to($this->port)->ask('works');
        touch($server->directory() . '/broken');
        posix_kill($worker, SIGKILL);

        [[, $pid]] = $server->waitForLog("/$line/");

        if ($exit !== '') {
            $server->waitForLog("/worker\\[starting:$pid\\] exit with status $exit$/m");
        }
        unlink($server->directory() . '/broken');
        self::assertStringContainsString('Workerman/5.2.2', TextClient::to($this->port)->ask('works again'));
    }

    /** @return iterable<string, array{string, string, string}> */
    public static function ends(): iterable
    {
        yield 'exit' => ['exit', 'Worker\[(\d+)\] process terminated$', '768'];
        yield 'die' => ['die', 'Worker\[(\d+)\] process terminated$', ''];
        yield 'exception' => ['throw', 'pid:(\d+) LogicException: thrown in onWorkerStart', '64000'];
        yield 'fatal error' => ['fatal', 'Worker\[(\d+)\] process terminated with ERROR: E_CORE_ERROR ".*Broken.* on line \d+"', '65280'];
        yield 'memory_limit' => [
            'memory', 'Worker\[(\d+)\] process terminated with ERROR: E_ERROR "Allowed memory size .* on line \d+"', '65280',
        ];
    }

    public function testWhatWasToldToStopSaysNothingOfTheKind(): void
    {
        $server = $this->serve('starting');
        TextClient::to($this->port)->ask('works');

        $server->command('reload');
        $server->waitForLog('/reloaded, processes replaced: 1/');
        $server->command('stop');
        $server->waitForExit();

        self::assertStringNotContainsString('process terminated', $server->log());
        self::assertFalse(Port::isListening($this->port));
    }
}
