<?php

declare(strict_types=1);

require __DIR__ . '/start.php';

$worker = new Workerman\Worker(address('text'));
$worker->onMessage = static function ($connection, $line): void {
    $connection->send($line);
};
Workerman\Worker::runAll();
