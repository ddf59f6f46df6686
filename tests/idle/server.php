<?php

declare(strict_types=1);

/*
 * Answers what it hears. Of the kind `named`, clients have two properties of the script.
 */

use Workerman\Connection\TcpConnection;
use Workerman\Worker;

require dirname(__DIR__) . '/phpunit/fixtures/environment.php';

$kind = getenv('KIND');
$worker = new Worker(address($kind === 'named' ? 'websocket' : $kind));
$worker->count = (int) getenv('COUNT');
$worker->onMessage = $kind === 'named'
    ? static function (TcpConnection $connection, string $message): void {
        $connection->uid = "user $message $connection->id";
        $connection->lastMessageTime = time();
        $connection->send($message);
    }
    : static function (TcpConnection $connection, mixed $message): void {
        $connection->send(is_string($message) ? $message : 'Hello, world');
    };

Worker::runAll();
