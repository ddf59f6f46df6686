<?php

declare(strict_types=1);

/*
 * Lets clients that never read and clients that do sit in the same process, sends to all of them, and fails if memory passes its ceiling or
 * a client that reads misses a message:
 *
 *     scripts/with-extension php tests/crowd/run.php                           300 that never read, 20 that do, a minute
 *     scripts/with-extension php tests/crowd/run.php 300 20 60 drop            the same with another policy: drop, 1008 or 1013
 *     scripts/with-extension php tests/crowd/run.php 300 20 60 drop 67108864   and another ceiling
 *     scripts/with-extension php tests/crowd/run.php 300 20 60 drop 67108864 shared   and one message for everybody instead of one for each
 *
 * Each second 100 messages of 4 KiB go to everybody.
 */

use Ouvrier\Tests\Harness\Client\WebsocketClient;
use Ouvrier\Tests\Harness\Port;
use Ouvrier\Tests\Harness\ServerProcess;

require dirname(__DIR__) . '/phpunit/bootstrap.php';

[$deaf, $healthy, $seconds] = array_map('intval', array_slice($argv, 1, 3) + [300, 20, 60]);
$policy = $argv[4] ?? 'drop';
$ceiling = (int) ($argv[5] ?? 64 << 20);
$shared = ($argv[6] ?? '') === 'shared';
/** What a process may have beside what waits to be sent, in bytes: the allocator keeps some of what was freed. */
$slack = 48 << 20;

$port = Port::free();
$server = ServerProcess::start(dirname(__DIR__) . '/phpunit/fixtures/crowd.php', ['start'], [
    'PORT' => $port,
    'SIZE' => 4096,
    'RATE' => 100,
    'SHARED' => $shared ? '1' : '',
    'OPTIONS' => json_encode([
        'limits' => ['queued_bytes' => $ceiling, 'slow_consumer' => is_numeric($policy) ? (int) $policy : $policy],
    ]),
]);
$server->waitForPort($port);
[$worker] = $server->waitForWorkers(1);
$resident = static function () use ($worker): int {
    preg_match('/^VmRSS:\s+(\d+) kB$/m', (string) file_get_contents("/proc/$worker/status"), $match);
    return 1024 * (int) $match[1];
};
$before = $resident();

$silent = [];
while (count($silent) < $deaf) {
    $silent[] = WebsocketClient::open($port);
}
$readers = $last = [];
while (count($readers) < $healthy) {
    $readers[] = $reader = WebsocketClient::open($port);
    $last[] = (int) $reader->receive();
}

$most = $queued = $messages = $missed = 0;
$end = hrtime(true) + $seconds * 1_000_000_000;
$next = hrtime(true);
while (hrtime(true) < $end) {
    foreach ($readers as $index => $reader) {
        while ($reader->hasData()) {
            $number = (int) $reader->receive();
            $missed += $number - $last[$index] - 1;
            $last[$index] = $number;
            $messages++;
        }
    }
    $most = max($most, $resident());
    if (hrtime(true) > $next) {
        $next += 5_000_000_000;
        $queued = max($queued, $server->command('status', '--json')->json()['processes'][0]['send_queue_bytes']);
    }
}
$report = $server->command('status', '--json')->json()['processes'][0];
printf("%-28s%s\n", 'policy', $policy);
printf("%-28s%s\n", 'messages', $shared ? 'one for everybody' : 'one for each');
printf("%-28s%.1f MiB\n", 'ceiling of queued bytes', $ceiling / (1 << 20));
printf("%-28s%.1f MiB\n", 'most queued', $queued / (1 << 20));
printf("%-28s%.1f MiB\n", 'RSS before the clients', $before / (1 << 20));
printf("%-28s%.1f MiB\n", 'most RSS', $most / (1 << 20));
printf("%-28s%d\n", 'read by healthy clients', $messages);
printf("%-28s%d\n", 'missed by healthy clients', $missed);
printf("%-28s%d\n", 'dropped', $report['dropped']);
printf("%-28s%d\n", 'closed as slow', $report['closed_slow']);
printf("%-28s%d\n", 'connections at the end', $report['connections']);
$server->stop();
exit($missed > 0 || $most - $before > $ceiling + $slack ? 1 : 0);
