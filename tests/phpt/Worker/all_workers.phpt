--TEST--
Every worker is registered, in order
--FILE--
<?php
use Workerman\Worker;

$first = new Worker();
$second = new Worker('text://127.0.0.1:2015');
$workers = Worker::getAllWorkers();
var_dump(count($workers), array_values($workers) === [$first, $second], array_keys($workers) === [spl_object_hash($first), spl_object_hash($second)]);
var_dump(Worker::getStatus(), Worker::isRunning());
--EXPECT--
int(2)
bool(true)
bool(true)
int(0)
bool(false)
