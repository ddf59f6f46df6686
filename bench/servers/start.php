<?php

declare(strict_types=1);

/*
 * What every script starts with: Workerman's classes from the extension or, to compare, from the autoloader WORKERMAN.
 */

use Workerman\Worker;

if (!extension_loaded('ouvrier')) {
    require getenv('WORKERMAN');
}
$files = sys_get_temp_dir() . '/ouvrier-bench-' . getenv('PORT');
Worker::$pidFile = "$files.pid";
Worker::$statusFile = "$files.status";
Worker::$logFile = '/dev/null';

/** The address that the clients connect to. */
function address(string $scheme, string $port = 'PORT'): string
{
    return "$scheme://127.0.0.1:" . getenv($port);
}
