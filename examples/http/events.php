<?php

declare(strict_types=1);

/*
 * Server-Sent Events: what one page says, all pages show. Open http://127.0.0.1:8081 in two windows.
 */

use Workerman\Connection\TcpConnection;
use Workerman\Protocols\Http\Request;
use Workerman\Protocols\Http\Response;
use Workerman\Protocols\Http\ServerSentEvents;
use Workerman\Timer;
use Workerman\Worker;

require __DIR__ . '/vendor/autoload.php';

$worker = new Worker('http://0.0.0.0:' . (getenv('PORT') ?: '8081'));
// The listeners of a process hear what is said to that process.
$worker->count = 1;

/** @var SplObjectStorage<TcpConnection, null> $listeners */
$listeners = new SplObjectStorage();

$tellAll = static function (ServerSentEvents $event) use ($listeners): void {
    foreach (iterator_to_array($listeners, false) as $listener) {
        // Its buffer is full: it has not read for long. The browser comes back by itself.
        if ($listener->send($event) === false) {
            $listener->destroy();
        }
    }
};

$listen = static function (TcpConnection $connection) use ($listeners, $tellAll): void {
    $connection->maxSendBufferSize = 64 * 1024;
    $connection->send(new Response(200, ['Content-Type' => 'text/event-stream', 'Cache-Control' => 'no-store']));
    $listeners->attach($connection);
    // Called as soon as the client is gone, also when nothing is sent to it.
    $connection->onClose = static function (TcpConnection $connection) use ($listeners, $tellAll): void {
        $listeners->detach($connection);
        $tellAll(new ServerSentEvents(['event' => 'listeners', 'data' => count($listeners)]));
    };
    $tellAll(new ServerSentEvents(['event' => 'listeners', 'data' => count($listeners)]));
};

$worker->onMessage = static function (TcpConnection $connection, Request $request) use ($listen, $tellAll): void {
    switch ($request->method() . ' ' . $request->path()) {
        case 'GET /':
            $connection->send((new Response())->withFile(__DIR__ . '/events.html'));
            break;
        case 'GET /events':
            $listen($connection);
            break;
        case 'POST /say':
            $text = $request->post('text');
            if (!is_string($text)) {
                $connection->send(new Response(422, [], 'There is no text in the form.'));
                break;
            }
            // Clients may send anything, also what is no UTF-8.
            $json = json_encode($text, JSON_THROW_ON_ERROR | JSON_INVALID_UTF8_SUBSTITUTE);
            $tellAll(new ServerSentEvents(['data' => $json]));
            $connection->send(new Response(204));
            break;
        default:
            $connection->send(new Response(404, [], 'There is nothing here.'));
    }
};

$worker->onWorkerStart = static function () use ($tellAll): void {
    // A comment now and then tells proxies that the connection is in use.
    Timer::add(15, static fn () => $tellAll(new ServerSentEvents(['' => 'still here'])));
};

Worker::runAll();
