<?php

declare(strict_types=1);

require __DIR__ . '/start.php';

$worker = worker('text');
$worker->onMessage = static function ($connection, $line): void {
    $connection->send($line);
};
Workerman\Worker::runAll();
