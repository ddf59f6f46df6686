--TEST--
Arrays in dynamic properties are written in place
--FILE--
<?php
use Workerman\Worker;

$worker = new Worker();
$worker->uidConnections = array();
$worker->uidConnections['a'] = 1;
$worker->uidConnections['b']['c'][] = 2;
$worker->created['by']['writing'] = 3;
$reference = &$worker->uidConnections['b'];
$reference['d'] = 4;
unset($reference, $worker->uidConnections['a']);
echo json_encode($worker->uidConnections), "\n", json_encode($worker->created), "\n";
var_dump(isset($worker->uidConnections['a']), isset($worker->uidConnections['b']['d']));
--EXPECT--
{"b":{"c":[2],"d":4}}
{"by":{"writing":3}}
bool(false)
bool(true)
