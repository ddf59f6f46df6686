--TEST--
Overridden methods see the parent's
--FILE--
<?php
use Workerman\Worker;

class Noisy extends Worker
{
    public function __construct(string $address, public string $tag = 'tagged')
    {
        parent::__construct($address);
    }

    public function getSocketName(): string
    {
        return "[$this->tag] " . parent::getSocketName();
    }
}

$worker = new Noisy('websocket://0.0.0.0:1234');
var_dump($worker->getSocketName(), $worker instanceof Worker, get_parent_class($worker));
--EXPECT--
string(33) "[tagged] websocket://0.0.0.0:1234"
bool(true)
string(16) "Workerman\Worker"
