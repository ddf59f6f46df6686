--TEST--
A timer needs a worker
--FILE--
<?php
use Workerman\Timer;

try {
    Timer::add(1, fn () => null);
} catch (RuntimeException $exception) {
    echo $exception->getMessage(), "\n";
}
try {
    Timer::add(-1, fn () => null);
} catch (RuntimeException $exception) {
    echo $exception->getMessage(), "\n";
}
--EXPECT--
Timer can only be used in workerman running environment
$timeInterval can not less than 0
