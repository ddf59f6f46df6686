<?php

declare(strict_types=1);

require __DIR__ . '/start.php';

use Workerman\Protocols\Http\Response;

$worker = worker('http');
$worker->onMessage = static function ($connection, $request): void {
    $connection->send(new Response(200, ['Content-Type' => 'application/json'], json_encode([
        'id' => (int) $request->get('id'),
        'agent' => $request->header('user-agent'),
        'session' => $request->cookie('session'),
    ])));
};
Workerman\Worker::runAll();
