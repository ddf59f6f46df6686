<?php

declare(strict_types=1);

/*
 * An http request that sends to a websocket client.
 *
 *   php http-and-websocket.php start
 *   a browser:  new WebSocket('ws://127.0.0.1:2019').onmessage = (event) => console.log(event.data)
 *   a shell:    curl 'http://127.0.0.1:2018/?message=hello'
 *
 * It works because listen() adds a port to the process that calls it: both workers live in one process and share its
 * variables. With a count of 2 each process would know its own websocket clients only.
 */

use Workerman\Connection\TcpConnection;
use Workerman\Protocols\Http\Request;
use Workerman\Protocols\Http\Response;
use Workerman\Worker;

require_once __DIR__ . '/vendor/autoload.php';

$http = new Worker('http://127.0.0.1:2018');
$http->count = 1;
$http->onWorkerStart = static function () use ($http): void {
    $websocket = new Worker('websocket://127.0.0.1:2019');
    $http->onMessage = static function (TcpConnection $connection, Request $request) use ($websocket): void {
        $message = $request->get('message', '');
        // Browsers leave when they get a text that is no UTF-8.
        if (!is_string($message) || preg_match('//u', $message) !== 1) {
            $connection->send(new Response(400, [], "The message has to be UTF-8.\n"));
            return;
        }
        foreach ($websocket->connections as $client) {
            $client->send($message);
        }
        $connection->send('sent to ' . count($websocket->connections) . " clients\n");
    };
    $websocket->listen();
};

Worker::runAll();
