<?php

declare(strict_types=1);

require __DIR__ . '/start.php';

$worker = worker('websocket');
$worker->onMessage = static function ($connection, $message): void {
    $connection->send($message);
};
Workerman\Worker::runAll();
