<?php

declare(strict_types=1);

require __DIR__ . '/start.php';

$worker = worker('http');
$worker->onMessage = static function ($connection, $request): void {
    $connection->send((string) strlen($request->rawBody()));
};
Workerman\Worker::runAll();
