<?php

declare(strict_types=1);

/*
 * The server under test, on the port in PORT: what arrives goes back, text as text and binary as binary, compressed if that was agreed upon.
 */

use Workerman\Connection\TcpConnection;
use Workerman\Worker;

require __DIR__ . '/environment.php';

$worker = new Worker('websocket://127.0.0.1:' . getenv('PORT'), [
    'websocket' => ['compression' => ['threshold' => 0, 'context_takeover' => true], 'follow_type' => true],
]);
$worker->onMessage = static function (TcpConnection $connection, string $data): void {
    $connection->send($data);
};

Worker::runAll();
