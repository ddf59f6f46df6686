<?php

declare(strict_types=1);

/*
 * Clients with properties of their own.
 */

require __DIR__ . '/start.php';

$worker = worker('websocket');
$worker->onMessage = static function ($connection, $message): void {
    $connection->uid = "user $message $connection->id";
    $connection->lastMessageTime = time();
    $connection->send($message);
};
Workerman\Worker::runAll();
