--TEST--
Arguments are coerced in a weak script, and surplus ones ignored
--FILE--
<?php
use Workerman\Worker;

class Address
{
    public function __toString(): string
    {
        return 'text://127.0.0.1:2015';
    }
}

var_dump((new Worker(new Address()))->getSocketName());
var_dump((new Worker('text://127.0.0.1:2015', [], 'surplus'))->getSocketName('surplus', 2));
try {
    new Worker([]);
} catch (TypeError $error) {
    echo get_class($error), "\n";
}
try {
    new Worker('tcp://127.0.0.1:1', 'not an array');
} catch (TypeError $error) {
    echo get_class($error), "\n";
}
--EXPECT--
string(21) "text://127.0.0.1:2015"
string(21) "text://127.0.0.1:2015"
TypeError
TypeError
