--TEST--
A subclass that skips the constructor is a whole object of its own class
--FILE--
<?php
use Workerman\Worker;

class Lazy extends Worker
{
    public string $own = 'declared';

    public function __construct()
    {
    }
}

$worker = new Lazy();
var_dump($worker::class, $worker->own, $worker->name, $worker->count, $worker->getSocketName());
$worker->listen();
$reflected = (new ReflectionClass(Lazy::class))->newInstanceWithoutConstructor();
var_dump($reflected instanceof Lazy, $reflected->getSocketName());
--EXPECT--
string(4) "Lazy"
string(8) "declared"
string(4) "none"
int(1)
string(4) "none"
bool(true)
string(4) "none"
