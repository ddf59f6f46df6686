--TEST--
var_dump, casts and foreach show declared and dynamic properties
--FILE--
<?php
use Workerman\Worker;

$worker = new Worker();
$worker->name = 'shown';
$worker->uidConnections = ['a' => 1];
$seen = [];
foreach ($worker as $name => $value) {
    $seen[] = $name;
}
var_dump(in_array('name', $seen), in_array('uidConnections', $seen), ((array) $worker)['name'], get_object_vars($worker)['uidConnections']);
ob_start();
var_dump($worker);
echo preg_match('/\["name"\]=>\s+string\(5\) "shown"/', ob_get_clean()), "\n";
--EXPECT--
bool(true)
bool(true)
string(5) "shown"
array(1) {
  ["a"]=>
  int(1)
}
1
