<?php

declare(strict_types=1);

/*
 * A websocket echo on the port in PORT: text comes back as text, anything sent after the word `binary` as binary. COMPRESSION is the option of
 * that name, in JSON. With CERTIFICATE, the file of a certificate and its key, it speaks TLS.
 */

use Workerman\Connection\TcpConnection;
use Workerman\Protocols\Websocket;
use Workerman\Worker;

$files = sys_get_temp_dir() . '/ouvrier-echo-' . getenv('PORT');
Worker::$pidFile = "$files.pid";
Worker::$logFile = "$files.log";
register_shutdown_function(static fn () => @unlink("$files.log"));

$worker = new Worker('websocket://127.0.0.1:' . getenv('PORT'), [
    'websocket' => ['compression' => json_decode(getenv('COMPRESSION') ?: 'false', true)],
    'ssl' => ['local_cert' => getenv('CERTIFICATE') ?: null],
]);
if (getenv('CERTIFICATE')) {
    $worker->transport = 'ssl';
}
$worker->onMessage = static function (TcpConnection $connection, string $data): void {
    if ($data === 'binary') {
        $connection->websocketType = Websocket::BINARY_TYPE_ARRAYBUFFER;
        return;
    }
    $data === 'close' ? $connection->close('bye') : $connection->send($data);
};

Worker::runAll();
