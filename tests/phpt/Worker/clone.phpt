--TEST--
A clone has properties of its own
--FILE--
<?php
use Workerman\Worker;

$worker = new Worker('text://127.0.0.1:2015');
$worker->list = ['a'];
$worker->name = 'first';
$clone = clone $worker;
$clone->list[] = 'b';
$clone->name = 'second';
var_dump($worker->list, $worker->name, $clone->list, $clone->name, $clone->getSocketName(), $clone == $worker);
--EXPECT--
array(1) {
  [0]=>
  string(1) "a"
}
string(5) "first"
array(2) {
  [0]=>
  string(1) "a"
  [1]=>
  string(1) "b"
}
string(6) "second"
string(21) "text://127.0.0.1:2015"
bool(false)
