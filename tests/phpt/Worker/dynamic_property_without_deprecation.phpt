--TEST--
Dynamic properties raise no deprecation, in subclasses neither
--FILE--
<?php
use Workerman\Worker;

error_reporting(-1);
class Special extends Worker
{
}
foreach ([new Worker(), new Special()] as $worker) {
    $worker->anything = 'kept';
    $worker->{'with space'} = 'too';
    var_dump($worker->anything, $worker->{'with space'}, isset($worker->nothing));
    unset($worker->anything);
    var_dump(isset($worker->anything), property_exists($worker, 'with space'));
}
--EXPECT--
string(4) "kept"
string(3) "too"
bool(false)
bool(false)
bool(true)
string(4) "kept"
string(3) "too"
bool(false)
bool(false)
bool(true)
