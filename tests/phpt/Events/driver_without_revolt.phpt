--TEST--
A loop has no driver without Revolt, and runs all the same
--FILE--
<?php
use Workerman\Events\Fiber;

$loop = new Fiber();
try {
    $loop->driver();
} catch (Error $error) {
    echo $error->getMessage(), "\n";
}
$loop->delay(0, fn () => print "runs\n");
$loop->run();
--EXPECT--
Revolt is not installed: composer require revolt/event-loop
runs
