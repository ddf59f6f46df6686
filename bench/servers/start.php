<?php

declare(strict_types=1);

/*
 * What every script starts with: Workerman's classes from the extension or, to compare, from the autoloader WORKERMAN.
 */

use Workerman\Connection\TcpConnection;
use Workerman\Worker;

if (!extension_loaded('ouvrier')) {
    require getenv('WORKERMAN');
}
$files = sys_get_temp_dir() . '/ouvrier-bench-' . getenv('PORT');
Worker::$pidFile = "$files.pid";
Worker::$statusFile = "$files.status";
Worker::$logFile = '/dev/null';
TcpConnection::$defaultMaxPackageSize = 128 << 20;

/** A worker at the address that the clients connect to, over TLS and with compression if they want it so. */
function worker(string $scheme): Worker
{
    $secure = getenv('SECURE') === '1';
    $certificate = ['local_cert' => getenv('CERTIFICATE'), 'local_pk' => getenv('KEY'), 'verify_peer' => false];
    $worker = new Worker(address($scheme), array_filter([
        'ssl' => $secure ? $certificate : null,
        'websocket' => getenv('COMPRESSED') === '1' ? ['compression' => true] : null,
    ]));
    $worker->transport = $secure ? 'ssl' : 'tcp';
    $worker->count = (int) getenv('WORKERS');
    $worker->reusePort = getenv('REUSE_PORT') === '1';
    return $worker;
}

function address(string $scheme, string $port = 'PORT'): string
{
    return "$scheme://127.0.0.1:" . getenv($port);
}
