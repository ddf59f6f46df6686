--TEST--
All classes of event loops are final and run; Select waits for ever, the others until there is nothing left to wait for
--FILE--
<?php
use Workerman\Events\{Ev, Event, EventInterface, Fiber, Select, Swoole, Swow};

foreach ([Select::class, Event::class, Ev::class, Fiber::class, Swoole::class, Swow::class] as $class) {
    $loop = new $class();
    $loop->delay(0, function () use ($loop, $class): void {
        echo "$class ", \Fiber::getCurrent() ? 'in a fiber' : 'on the main stack', "\n";
        if ($loop instanceof Select) {
            $loop->stop();
        }
    });
    $loop->run();
    $other = new $class();
    assert($loop instanceof EventInterface && (new ReflectionClass($class))->isFinal() && $other->getTimerCount() === 0);
}
var_dump(Select::MAX_SELECT_TIMOUT_US);

// A loop that is stopped before it runs does not run.
$loop = new Select();
$loop->stop();
$loop->run();
--EXPECT--
Workerman\Events\Select on the main stack
Workerman\Events\Event on the main stack
Workerman\Events\Ev on the main stack
Workerman\Events\Fiber in a fiber
Workerman\Events\Swoole in a fiber
Workerman\Events\Swow in a fiber
int(800000)
