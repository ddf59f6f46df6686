<?php

declare(strict_types=1);

/*
 * Whatever a client says, 128 bytes go to everybody; where they are compressed, a kilobyte of JSON.
 */

require __DIR__ . '/start.php';

$worker = worker('websocket');
$news = str_repeat('x', 128);
if (getenv('COMPRESSED') === '1') {
    for ($news = '', $id = 0; strlen($news) < 1000; $id++) {
        $news .= sprintf('{"id":%d,"name":"item %d","price":%d},', $id, $id, $id * 7 % 100);
    }
}
$worker->onMessage = static function () use ($worker, $news): void {
    foreach ($worker->connections as $connection) {
        $connection->send($news);
    }
};
Workerman\Worker::runAll();
