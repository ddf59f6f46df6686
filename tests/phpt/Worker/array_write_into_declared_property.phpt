--TEST--
Arrays in declared properties are written in place
--FILE--
<?php
use Workerman\Worker;

$worker = new Worker();
$worker->connections[7] = 'seven';
$worker->connections['nested']['deep'] = true;
foreach ($worker->connections as $key => &$value) {
    $value = "changed $key";
}
unset($value);
var_dump($worker->connections);
--EXPECT--
array(2) {
  [7]=>
  string(9) "changed 7"
  ["nested"]=>
  string(14) "changed nested"
}
