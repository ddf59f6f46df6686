<?php

declare(strict_types=1);

require __DIR__ . '/start.php';

$worker = worker('http');
$worker->onMessage = static function ($connection): void {
    $connection->send('Hello, world');
};
Workerman\Worker::runAll();
