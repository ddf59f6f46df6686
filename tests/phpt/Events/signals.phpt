--TEST--
Signals are callbacks from the moment they are asked for
--EXTENSIONS--
posix
--FILE--
<?php
use Workerman\Events\Select;

$loop = new Select();
$loop->onSignal(10, function (int $signal) use ($loop): void {
    echo "signal $signal\n";
    // Ignored from now on.
    var_dump($loop->offSignal(10), $loop->offSignal(10));
    posix_kill(getmypid(), 10);
    $loop->delay(0.01, $loop->stop(...));
});
posix_kill(getmypid(), 10);
$loop->run();

foreach ([0, 9, 19, 11, 99] as $signal) {
    try {
        $loop->onSignal($signal, fn () => null);
    } catch (ValueError $error) {
        echo $error->getMessage(), "\n";
    }
}
--EXPECT--
signal 10
bool(true)
bool(false)
signal 0 cannot be caught
signal 9 cannot be caught
signal 19 cannot be caught
signal 11 cannot be caught
signal 99 cannot be caught
