<?php

declare(strict_types=1);

/*
 * Whatever a client says, 128 bytes go to everybody.
 */

require __DIR__ . '/start.php';

$worker = worker('websocket');
$news = str_repeat('x', 128);
$worker->onMessage = static function () use ($worker, $news): void {
    foreach ($worker->connections as $connection) {
        $connection->send($news);
    }
};
Workerman\Worker::runAll();
