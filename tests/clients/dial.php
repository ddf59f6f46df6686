<?php

declare(strict_types=1);

/*
 * A websocket client that connects to the address in URL and does what the server says: `echo ...` comes back, `binary` makes what follows binary,
 * `close` ends it. COMPRESSION is the option of that name, in JSON. When it is refused it says why to the server in REPORT_TO, line by line.
 */

use Workerman\Connection\AsyncTcpConnection;
use Workerman\Protocols\Ws;
use Workerman\Worker;

$files = sys_get_temp_dir() . '/ouvrier-dial-' . getmypid();
Worker::$pidFile = "$files.pid";
Worker::$logFile = "$files.log";
register_shutdown_function(static fn () => @unlink("$files.log"));

$worker = new Worker();
$worker->onWorkerStart = static function (): void {
    $client = new AsyncTcpConnection(getenv('URL'), [
        'websocket' => ['compression' => json_decode(getenv('COMPRESSION') ?: 'false', true)],
    ]);
    $client->headers = ['X-Token' => 'secret'];
    $client->websocketClientProtocol = 'soap, wamp';
    $client->onWebSocketConnect = static fn (AsyncTcpConnection $client, $response) => $client->send(
        'let in with ' . $response->getHeader('Sec-WebSocket-Protocol'),
    );
    $client->onMessage = static function (AsyncTcpConnection $client, string $data): void {
        [$word, $rest] = explode(' ', "$data ", 2);
        match ($word) {
            'echo' => $client->send(substr($rest, 0, -1)),
            'binary' => $client->websocketType = Ws::BINARY_TYPE_ARRAYBUFFER,
            'close' => $client->close('bye'),
        };
    };
    $client->onError = static function ($client, int $code, string $message): void {
        $report = new AsyncTcpConnection(getenv('REPORT_TO'));
        $report->send("$code $message");
        $report->connect();
    };
    $client->connect();
};

Worker::runAll();
