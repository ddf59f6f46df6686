--TEST--
Typed properties coerce or throw as the script's mode says
--FILE--
<?php
use Workerman\Worker;

$worker = new Worker();
$worker->count = "4";
$worker->reusePort = 1;
$worker->name = 42;
var_dump($worker->count, $worker->reusePort, $worker->name);
foreach (['name' => null, 'count' => 'many', 'connections' => 'none'] as $property => $value) {
    try {
        $worker->$property = $value;
    } catch (TypeError $error) {
        echo $error->getMessage(), "\n";
    }
}
--EXPECT--
int(4)
bool(true)
string(2) "42"
Cannot assign null to property Workerman\Worker::$name of type string
Cannot assign string to property Workerman\Worker::$count of type int
Cannot assign string to property Workerman\Worker::$connections of type array
