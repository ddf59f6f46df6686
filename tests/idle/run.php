<?php

declare(strict_types=1);

/*
 * Measures what an idle client costs in resident memory, its PHP object included, and fails if that is too much:
 *
 *     scripts/with-extension php tests/idle/run.php                      10,000 websocket clients of one process, bare and with two properties
 *     scripts/with-extension php tests/idle/run.php 50000 4 websocket    50,000 of four processes
 *     scripts/with-extension php tests/idle/run.php 10000 1 http text    other kinds: websocket, named, http, text
 *
 * Each client is heard once and gets an answer, so that everything a connection needs is there. VmRSS of all processes that serve is read when so
 * many clients are there, and with a tenth of them before: the difference is divided by the clients between. The clients are in
 * processes of their own, each with another address, for the sake of ports and of the limit of open files.
 */

use Ouvrier\Tests\Harness\Port;
use Ouvrier\Tests\Harness\ServerProcess;

require dirname(__DIR__) . '/phpunit/bootstrap.php';

/** The most that a client may cost, in bytes. */
const MOST = ['websocket' => 2048, 'named' => 4096, 'http' => 2560, 'text' => 2048];
/** Clients of one process. */
const CROWD = 10_000;

[$clients, $workers] = array_map('intval', array_slice($argv, 1, 2) + [10_000, 1]);
$kinds = array_slice($argv, 3) ?: ['websocket', 'named'];

/** Resident bytes of processes together. */
function resident(array $processes): int
{
    $bytes = 0;
    foreach ($processes as $process) {
        preg_match('/^VmRSS:\s+(\d+) kB$/m', (string) file_get_contents("/proc/$process/status"), $match);
        $bytes += 1024 * (int) $match[1];
    }
    return $bytes;
}

/** Has clients connect, and returns what keeps them when all have got their answers. */
function gather(string $kind, int $port, int $count): array
{
    $crowds = [];
    while ($count > 0) {
        static $address = 2;
        $size = min($count, CROWD);
        $command = [PHP_BINARY, __DIR__ . '/clients.php', $kind, (string) $port, (string) $size, '127.0.0.' . $address++];
        $process = proc_open($command, [['pipe', 'r'], ['pipe', 'w']], $pipes);
        $crowds[] = [$process, $pipes, $size];
        $count -= $size;
    }
    foreach ($crowds as [, $pipes, $size]) {
        if (fgets($pipes[1]) !== "$size\n") {
            throw new RuntimeException('not all clients were served');
        }
    }
    return $crowds;
}

$isTooMuch = false;
foreach ($kinds as $kind) {
    $port = Port::free();
    $server = ServerProcess::start(__DIR__ . '/server.php', ['start'], ['PORT' => $port, 'KIND' => $kind, 'COUNT' => $workers]);
    $server->waitForPort($port);
    $processes = $server->waitForWorkers($workers);
    $first = gather($kind, $port, intdiv($clients, 10));
    $before = resident($processes);
    $others = gather($kind, $port, $clients - intdiv($clients, 10));
    $after = resident($processes);
    $each = ($after - $before) / ($clients - intdiv($clients, 10));
    printf("%-10s %6d clients of %d processes: %.0f bytes each (%.2f KiB), %.1f MiB together\n", $kind, $clients, $workers, $each, $each / 1024, $after / (1 << 20));
    $isTooMuch = $isTooMuch || $each > MOST[$kind];
    foreach ([...$first, ...$others] as [$process, $pipes]) {
        fclose($pipes[0]);
        proc_close($process);
    }
    $server->stop();
}
exit($isTooMuch ? 1 : 0);
