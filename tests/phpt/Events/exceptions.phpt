--TEST--
Exceptions of timers go to the error handler, those of streams end run()
--FILE--
<?php
use Workerman\Events\Select;
use Workerman\Events\Ev;

$loop = new Select();
$loop->delay(0, fn () => throw new RuntimeException('printed'));
$loop->delay(0.01, fn () => $loop->setErrorHandler(fn (Throwable $error) => print "handled: {$error->getMessage()}\n"));
$loop->delay(0.02, fn () => throw new RuntimeException('of a timer'));
$loop->delay(0.03, $loop->stop(...));
ob_start();
$loop->run();
echo preg_replace('/^(RuntimeException: printed) in .*?(?=handled)/s', "$1\n", ob_get_clean());

[$near, $far] = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
$loop->onWritable($near, fn () => throw new LogicException('of a stream'));
try {
    $loop->run();
} catch (LogicException $exception) {
    echo $exception->getMessage(), "\n";
}
$loop->stop();

$loop = new Ev();
$loop->setErrorHandler(function (Throwable $error) use ($loop): void {
    echo "handled: {$error->getMessage()}\n";
    $loop->stop();
});
$loop->onWritable($near, fn () => throw new LogicException('of a stream'));
$loop->run();

$loop->delay(0, function () use ($loop): void {
    try {
        $loop->run();
    } catch (Error $error) {
        echo $error->getMessage(), "\n";
    }
    exit(3);
});
register_shutdown_function(fn () => print "shut down\n");
$loop->run();
--EXPECT--
RuntimeException: printed
handled: of a timer
of a stream
handled: of a stream
The event loop is already running
shut down
