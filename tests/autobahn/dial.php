<?php

declare(strict_types=1);

/*
 * The client under test: takes every case that the fuzzing server on the port in PORT has, one after the other, and echoes. There is a file
 * FILES.done when all are done.
 */

use Workerman\Connection\AsyncTcpConnection;
use Workerman\Worker;

require __DIR__ . '/environment.php';

const AGENT = 'ws';

/** Connects to a path of the fuzzing server, and goes on with `$then` when the connection is over. */
function dial(string $path, callable $onMessage, callable $then): void
{
    $client = new AsyncTcpConnection('ws://127.0.0.1:' . getenv('PORT') . $path, [
        'websocket' => ['compression' => ['threshold' => 0, 'context_takeover' => true], 'follow_type' => true],
    ]);
    $client->onMessage = $onMessage;
    $client->onClose = $then;
    $client->onError = static fn ($client, int $code, string $reason) => Worker::log("$path: $reason");
    $client->connect();
}

function takeCase(int $number, int $count): void
{
    if ($number > $count) {
        dial('/updateReports?agent=' . AGENT, static fn () => null, static fn () => touch(getenv('FILES') . '.done'));
        return;
    }
    dial(
        "/runCase?case=$number&agent=" . AGENT,
        static fn (AsyncTcpConnection $client, string $data) => $client->send($data),
        static fn () => takeCase($number + 1, $count),
    );
}

$worker = new Worker();
$worker->onWorkerStart = static function (): void {
    $count = 0;
    dial(
        '/getCaseCount',
        static function (AsyncTcpConnection $client, string $data) use (&$count): void {
            $count = (int) $data;
        },
        static function () use (&$count): void {
            takeCase(1, $count);
        },
    );
};

Worker::runAll();
