--TEST--
A new worker has Workerman's defaults
--FILE--
<?php
use Workerman\Worker;

$worker = new Worker('text://127.0.0.1:2015');
foreach (['id', 'name', 'count', 'user', 'group', 'reloadable', 'reusePort', 'transport', 'connections', 'protocol', 'stopping'] as $property) {
    echo $property, ' = ', json_encode($worker->$property), "\n";
}
var_dump($worker->onMessage instanceof Closure, $worker->onConnect, $worker->getSocketName());
var_dump((new Worker())->getSocketName());
--EXPECT--
id = 0
name = "none"
count = 1
user = ""
group = ""
reloadable = true
reusePort = false
transport = "tcp"
connections = []
protocol = null
stopping = false
bool(true)
NULL
string(21) "text://127.0.0.1:2015"
string(4) "none"
