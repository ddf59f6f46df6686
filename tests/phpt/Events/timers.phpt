--TEST--
Timers run in the order of their times, with their arguments, until they are removed
--FILE--
<?php
use Workerman\Events\Select;

$loop = new Select();
$loop->delay(0.02, function () use ($loop): void {
    echo "second\n";
    $loop->stop();
});
$loop->delay(0.01, function (string ...$words) { echo implode(' ', $words), "\n"; }, ['first', 'of', 'all']);
$removed = $loop->delay(0, fn () => print "never\n");
var_dump($loop->offDelay($removed), $loop->offDelay(99), $loop->getTimerCount());
$loop->run();

$count = 0;
$id = $loop->repeat(0.001, function (array $ids) use ($loop, &$count): void {
    if (++$count === 3) {
        var_dump($loop->offDelay($ids[0]), $loop->offRepeat($ids[0]), $loop->getTimerCount());
        $loop->delay(0, $loop->stop(...));
    }
}, [[&$id]]);
var_dump($id);
$loop->run();
var_dump($count, $loop->getTimerCount());
--EXPECT--
bool(true)
bool(false)
int(2)
first of all
second
int(4)
bool(true)
bool(false)
int(0)
int(3)
int(0)
