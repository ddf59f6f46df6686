--TEST--
The protected methods of the loops do what they do in Workerman
--FILE--
<?php
use Workerman\Events\Fiber as FiberLoop;
use Workerman\Events\Select;

function run(object $loop, string $method, mixed ...$arguments): mixed
{
    return (new ReflectionMethod($loop, $method))->invoke($loop, ...$arguments);
}

$loop = new FiberLoop();
run($loop, 'safeCall', static function (string ...$words): void {
    echo implode(' ', $words), ' ', Fiber::getCurrent() === null ? 'outside of' : 'in', " a fiber\n";
}, 'called', 'with');
run($loop, 'safeCall', static function (): void {
    Fiber::suspend();
    echo "never\n";
});
echo "a call that is suspended returns\n";
try {
    run($loop, 'safeCall', static fn () => throw new RuntimeException('thrown'));
} catch (RuntimeException $exception) {
    echo $exception->getMessage(), "\n";
}

$loop = new Select();
$loop->delay(0, static function (): void {
    echo "due\n";
});
$loop->repeat(100, static function (): void {
    echo "not due\n";
});
echo "tick\n";
run($loop, 'tick');
var_dump($loop->getTimerCount());

echo "no timer before its tick\n";
$loop = new Select();
$begin = microtime(true);
$loop->delay(0, static function () use ($begin): void {
    var_dump(microtime(true) - $begin >= 0.05);
});
run($loop, 'setNextTickTime', $begin + 0.05);
$loop->delay(0.06, static fn () => $loop->stop());
$loop->run();

echo "no timer before a new one\n";
$loop = new Select();
$loop->delay(0, static function (): void {
    echo "held back\n";
});
run($loop, 'setNextTickTime', 0);
$loop->onReadable($stream = fopen('/dev/null', 'r'), static function () use (&$loop, &$stream): void {
    $loop->offReadable($stream);
    echo "stream\n";
    $loop->delay(0.001, static fn () => $loop->stop());
});
$loop->run();
--EXPECT--
called with in a fiber
a call that is suspended returns
thrown
tick
due
int(1)
no timer before its tick
bool(true)
no timer before a new one
stream
held back
