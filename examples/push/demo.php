<?php

declare(strict_types=1);

/*
 * The demo: serves the page that shows what push.php pushes, and runs push.php beside it.
 *
 *   php demo.php start
 */

use Workerman\Connection\TcpConnection;
use Workerman\Protocols\Http\Request;
use Workerman\Protocols\Http\Response;
use Workerman\Worker;

require_once __DIR__ . '/vendor/autoload.php';

$page = new Worker('http://127.0.0.1:8080');
$page->name = 'demo';
$page->onMessage = static function (TcpConnection $connection, Request $request): void {
    $connection->send($request->path() === '/'
        ? (string) file_get_contents(__DIR__ . '/index.html')
        : new Response(404, ['Content-Type' => 'text/plain'], "not found\n"));
};

$page->onWorkerStart = static function (): void {
    $backEnd = <<<'PHP'
        php -r '$c = stream_socket_client("tcp://127.0.0.1:5678"); fwrite($c, json_encode(["uid" => "uid1", "percent" => "88%"])."\n"); echo fread($c, 8192);'
        PHP;
    Worker::safeEcho("\nThe page:  http://127.0.0.1:8080\nA push:    $backEnd\n\n");
};

require __DIR__ . '/push.php';
