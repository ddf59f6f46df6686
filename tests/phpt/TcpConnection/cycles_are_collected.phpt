--TEST--
Cycles through callbacks and properties are collected
--FILE--
<?php
use Workerman\Connection\TcpConnection;

class Detached extends TcpConnection
{
    public function __construct()
    {
    }

    public function __destruct()
    {
        echo "collected\n";
    }
}

$connection = new Detached();
$connection->onMessage = function () use ($connection) {
};
$connection->self = $connection;
$connection->list = [[$connection]];
unset($connection);
echo "unset\n";
gc_collect_cycles();
echo "end\n";
--EXPECT--
unset
collected
end
