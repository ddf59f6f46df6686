--TEST--
Loops are independent of each other, and one may run inside another
--FILE--
<?php
use Workerman\Events\Select;

[$outer, $inner] = [new Select(), new Select()];
var_dump($outer->delay(0.01, fn () => null), $inner->delay(0.01, fn () => null));
$inner->delay(0.02, function () use ($inner): void {
    echo "inner\n";
    $inner->stop();
});
$outer->delay(0, function () use ($outer, $inner): void {
    $inner->run();
    echo "outer\n";
    $outer->stop();
});
$outer->run();
--EXPECT--
int(1)
int(1)
inner
outer
