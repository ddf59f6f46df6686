<?php

declare(strict_types=1);

namespace Ouvrier\Tests\Process;

use Ouvrier\Tests\Harness\Client\TextClient;
use Ouvrier\Tests\Harness\Port;
use Ouvrier\Tests\Harness\ServerTestCase;

/**
 * A log that cannot be written, is full, grows too large, or cannot be made.
 */
final class LogFileTest extends ServerTestCase
{
    /** @dataProvider starts */
    public function testAServiceWhoseLogCannotBeMadeDoesNotStart(string $words): void
    {
        $server = $this->launch(
            dirname(__DIR__) . '/fixtures/starting.php',
            explode(' ', $words),
            ['PORT' => $this->port, 'LOG' => '/proc/no/such/directory/workerman.log'],
        );

        self::assertSame(1, $server->waitForExit());
        self::assertStringContainsString('Can not write the log /proc/no/such/directory/workerman.log', $server->output());
        self::assertFalse(Port::isListening($this->port));
        self::assertSame(0, $server->masterPid());
    }

    /** @return iterable<string, array{string}> */
    public static function starts(): iterable
    {
        yield 'start' => ['start'];
        yield 'start -d' => ['start -d'];
    }

    public function testAFullDiskHarmsNobody(): void
    {
        $server = $this->serve('starting', ['LOG' => '/dev/full']);
        [$worker] = $server->waitForWorkers(1);

        foreach (range(1, 3) as $number) {
            self::assertStringContainsString('Workerman', TextClient::to($this->port)->ask("line $number"));
        }

        self::assertStringContainsString('cannot write the log /dev/full: No space left on device', $server->output());
        self::assertSame([$worker], $server->waitForWorkers(1));
        self::assertSame(0, $server->command('stop')->exitCode);
        self::assertSame(0, $server->waitForExit());
    }

    public function testTheOlderHalfGoesWhenTheLogGrowsTooLarge(): void
    {
        $server = $this->serve('starting', ['LOG_SIZE' => 4000]);
        $client = TextClient::to($this->port);
        foreach (range(100, 199) as $number) {
            $client->ask("line $number " . str_repeat('.', 60));
        }

        $log = $server->log();
        preg_match_all('/ line (\d+) /', $log, $numbers);

        self::assertLessThanOrEqual(4000, strlen($log));
        self::assertSame(range((int) $numbers[1][0], 199), array_map('intval', $numbers[1]));
        self::assertStringStartsWith(date('Y-'), $log, 'cut at the end of a line');
    }
}
