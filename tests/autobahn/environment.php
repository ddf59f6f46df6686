<?php

declare(strict_types=1);

/*
 * What the server and the client share: their files, and room for the largest messages of the suite, 16 MiB.
 */

use Workerman\Connection\TcpConnection;
use Workerman\Worker;

$files = getenv('FILES');
Worker::$pidFile = "$files.pid";
Worker::$logFile = "$files.log";
Worker::$statusFile = "$files.status";
TcpConnection::$defaultMaxPackageSize = 32 << 20;
TcpConnection::$defaultMaxSendBufferSize = 64 << 20;
