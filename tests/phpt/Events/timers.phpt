--TEST--
Timers run in the order of their times, with their arguments, until they are removed
--FILE--
<?php
use Workerman\Events\Select;

$loop = new Select();
$loop->delay(0.02, function () { echo "second\n"; });
$loop->delay(0.01, function (string ...$words) { echo implode(' ', $words), "\n"; }, ['first', 'of', 'all']);
$count = 0;
$id = $loop->repeat(0.005, function (array $ids) use ($loop, &$count): void {
    if (++$count === 3) {
        var_dump($ids[0], $loop->offDelay($ids[0]), $loop->offRepeat($ids[0]));
        $loop->delay(0, $loop->stop(...));
    }
}, [[&$id]]);
$removed = $loop->delay(0, fn () => print "never\n");
var_dump($loop->offDelay($removed), $loop->offDelay(99), $loop->getTimerCount());
$loop->run();
var_dump($loop->getTimerCount());
--EXPECT--
bool(true)
bool(false)
int(3)
first of all
int(3)
bool(true)
bool(false)
int(0)
