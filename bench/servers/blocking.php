<?php

declare(strict_types=1);

/*
 * Every message holds the callback up for 50 ms.
 */

require __DIR__ . '/start.php';

$worker = worker('websocket');
$worker->onMessage = static function ($connection, $message): void {
    usleep(50_000);
    $connection->send($message);
};
Workerman\Worker::runAll();
