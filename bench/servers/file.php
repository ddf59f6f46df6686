<?php

declare(strict_types=1);

require __DIR__ . '/start.php';

use Workerman\Protocols\Http\Response;

$worker = worker('http');
$worker->onMessage = static function ($connection): void {
    $connection->send((new Response())->withFile(getenv('FILE')));
};
Workerman\Worker::runAll();
