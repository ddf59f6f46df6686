--TEST--
Callbacks of a fiber loop may suspend themselves, and sleep without holding up the others
--FILE--
<?php
use Workerman\Events\Fiber;
use Workerman\Timer;

$loop = new Fiber();
Timer::init($loop);
$resumed = false;
$loop->delay(0, function () use (&$resumed): void {
    echo "sleeps\n";
    while (!$resumed) {
        Timer::sleep(0.001);
    }
    echo "awake\n";
});
$loop->delay(0.001, function () use ($loop, &$resumed): void {
    echo "others run\n";
    $fiber = \Fiber::getCurrent();
    $loop->delay(0.001, fn () => $fiber->resume('resumed'));
    echo \Fiber::suspend(), "\n";
    $resumed = true;
});
$loop->run();

// Outside of a fiber the callback waits.
$loop->delay(0, fn () => print "later\n");
Timer::sleep(0.01);
echo "slept\n";
$loop->run();

// Whoever resumes a sleeping fiber too early does not shorten its sleep.
$fiber = new \Fiber(function (): void {
    $start = hrtime(true);
    Timer::sleep(0.02);
    var_dump(hrtime(true) - $start >= 20_000_000);
});
$fiber->start();
$fiber->resume();
$loop->run();
var_dump($fiber->isTerminated());

// A fiber that is never resumed is unwound when it goes.
$loop->delay(0, function (): void {
    try {
        \Fiber::suspend();
    } finally {
        echo "unwound\n";
    }
});
$loop->run();
echo "end\n";
--EXPECT--
sleeps
others run
resumed
awake
slept
later
bool(true)
bool(true)
unwound
end
