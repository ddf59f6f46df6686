--TEST--
A fatal error in a fiber ends the script in order
--FILE--
<?php
use Workerman\Events\Fiber;

register_shutdown_function(fn () => print "shut down\n");
$loop = new Fiber();
$loop->delay(0, function () use ($loop): void {
    $loop->delay(0, function (): void {
        eval('class Twice {} class Twice {}');
    });
    \Fiber::suspend();
});
$loop->run();
echo "not reached\n";
--EXPECTF--
%AFatal error: Cannot %sclass Twice%s
shut down
