<?php

declare(strict_types=1);

namespace Ouvrier\Tests\Process;

use Ouvrier\Tests\Harness\Client\TextClient;
use Ouvrier\Tests\Harness\ServerProcess;
use Ouvrier\Tests\Harness\ServerTestCase;

/**
 * What people see: `status -d`, and tables on terminals of different widths.
 */
final class ViewTest extends ServerTestCase
{
    private const CLEAR_SCREEN = "\33[H\33[2J";

    public function testTheLiveViewShowsRequestsPerSecondUntilItIsInterrupted(): void
    {
        $server = $this->serve('status');
        $client = TextClient::to($this->port);

        $view = $server->commandUntil(static function (string $output) use ($client): bool {
            $client->ask('hello');
            return preg_match('/^Summary\t.* [1-9]\d* +\[Summary\]/m', $output) === 1;
        }, 'status', '-d');

        self::assertGreaterThanOrEqual(2, substr_count($view, self::CLEAR_SCREEN));
        self::assertStringContainsString('Press Ctrl+C to quit.', $view);
        self::assertSame('hello', $client->ask('hello'));
    }

    /** @dataProvider commands */
    public function testATableFitsIntoANarrowTerminal(string $command): void
    {
        $lines = $this->linesOnATerminal($this->serve('status'), 80, $command);
        $table = preg_grep('/^(-+|pid|\d+|Summary)/i', $lines);

        self::assertSame([], array_filter($table, static fn (string $line): bool => strlen($line) > 80));
        self::assertNotSame([], preg_grep('/^\d+ /', $table), implode("\n", $lines));
    }

    /** @dataProvider commands */
    public function testAWideTerminalShowsEverything(string $command, string $columns): void
    {
        $lines = $this->linesOnATerminal($this->serve('status'), 250, $command);

        self::assertNotSame([], preg_grep("/^$columns/", $lines), implode("\n", $lines));
    }

    /** @return iterable<string, array{string, string}> */
    public static function commands(): iterable
    {
        yield 'status' => ['status', 'pid\s+memory +listening +name +connections +send_fail +timers +total_request +qps +status'];
        yield 'connections' => [
            'connections',
            'PID +Worker +CID +Trans +Protocol +ipv4 +ipv6 +Recv-Q +Send-Q +Bytes-R +Bytes-W +Status +Local Address +Foreign Address',
        ];
    }

    /** @return list<string> what a command shows on a terminal of that width */
    private function linesOnATerminal(ServerProcess $server, int $columns, string $command): array
    {
        if (!is_executable('/usr/bin/script')) {
            self::markTestSkipped('needs script(1), which makes terminals');
        }
        $client = TextClient::to($this->port);
        $client->ask('hello');
        $output = $server->onATerminal($columns, $command);
        return array_map(
            static fn (string $line): string => rtrim(strtr($line, ["\t" => '        '])),
            explode("\n", $output),
        );
    }
}
