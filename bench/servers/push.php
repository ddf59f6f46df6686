<?php

declare(strict_types=1);

/*
 * examples/push/push.php, on the ports of the measurement.
 */

require __DIR__ . '/start.php';

use Workerman\Worker;

$worker = worker('websocket');
$worker->uidConnections = [];
$worker->onWorkerStart = static function (Worker $worker): void {
    $inner = new Worker(address('text', 'BACK_PORT'));
    $inner->onMessage = static function ($connection, $line) use ($worker): void {
        $data = json_decode($line, true);
        $client = $worker->uidConnections[$data['uid']] ?? null;
        $client?->send($data['percent']);
        $connection->send($client ? 'ok' : 'fail');
    };
    $inner->listen();
};
$worker->onMessage = static function ($connection, $uid) use ($worker): void {
    if (!isset($connection->uid)) {
        $connection->uid = $uid;
        $worker->uidConnections[$uid] = $connection;
    }
};
$worker->onClose = static function ($connection) use ($worker): void {
    if (isset($connection->uid)) {
        unset($worker->uidConnections[$connection->uid]);
    }
};
Worker::runAll();
