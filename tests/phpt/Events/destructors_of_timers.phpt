--TEST--
What the destructors of a timer throw goes to the error handler when the timer is over
--FILE--
<?php
use Workerman\Events\Select;

final class Careless
{
    public function __construct(private readonly string $name) {}

    public function call(): void
    {
        echo "called\n";
    }

    public function __destruct()
    {
        throw new RuntimeException($this->name);
    }
}

$loop = new Select();
$loop->setErrorHandler(static fn (Throwable $error) => print "handled: {$error->getMessage()}\n");
$loop->delay(0.01, [new Careless('the callback'), 'call']);
$loop->delay(0.02, static fn () => print "next\n");
$loop->delay(0.03, static fn (object $argument) => print "called\n", [new Careless('an argument')]);
$loop->delay(0.04, static fn () => print "next\n");
$loop->delay(0.05, $loop->stop(...));
$loop->run();
--EXPECT--
called
handled: the callback
next
called
handled: an argument
next
