--TEST--
Two dynamic properties of a connection take little memory, until somebody asks for all properties
--FILE--
<?php

declare(strict_types=1);

use Workerman\Connection\TcpConnection;

/** Bytes that each of many connections takes that are prepared like this, beyond a bare one. */
function cost(Closure $prepare): float
{
    $class = new ReflectionClass(TcpConnection::class);
    $connections = [];
    for ($number = 0; $number < 1000; ++$number) {
        $connections[] = $class->newInstanceWithoutConstructor();
    }
    $before = memory_get_usage();
    foreach ($connections as $number => $connection) {
        $prepare($connection, $number);
    }
    return (memory_get_usage() - $before) / 1000;
}

$named = function (TcpConnection $connection, int $number): void {
    $connection->uid = $number;
    $connection->seen = 0;
    $connection->seen++;
    if (!isset($connection->uid) || $connection->uid !== $number || $connection == new stdClass()) {
        echo "wrong\n";
    }
};
$asked = function (TcpConnection $connection, int $number) use ($named): void {
    $named($connection, $number);
    get_object_vars($connection);
};
$few = cost($named);
$all = cost($asked);
echo $few < 400 ? "few: little\n" : "few: $few\n";
echo $all > 2000 ? "all: much\n" : "all: $all\n";

// What goes leaves nothing behind.
$before = memory_get_usage();
cost($named);
cost($asked);
echo memory_get_usage() - $before, " bytes left\n";
?>
--EXPECT--
few: little
all: much
0 bytes left
