<?php
use Workerman\Worker;
use Workerman\Connection\TcpConnection;
require_once __DIR__ . '/vendor/autoload.php';

$worker = new Worker();
// 4 processes
$worker->count = 4;
// Each process starts a new instance of Worker to listen in it
$worker->onWorkerStart = function($worker)
{
    /**
     * Each of the 4 processes creates, as it starts, a Worker that listens on port 2016
     * When worker->listen() is run, an "Address already in use" error is raised
     * If worker->count=1, no error is raised
     */
    $inner_worker = new Worker('http://0.0.0.0:2016');
    $inner_worker->onMessage = 'on_message';
    // Listen. Here an "Address already in use" error is raised
    $inner_worker->listen();
};

$worker->onMessage = 'on_message';

function on_message(TcpConnection $connection, $data)
{
    $connection->send("hello\n");
}

// Run the worker
Worker::runAll();
