--TEST--
Websocket: the type of a ping callback holds in its fiber only, however that is left
--FILE--
<?php

declare(strict_types=1);

use Workerman\Connection\TcpConnection;
use Workerman\Protocols\Websocket;

class Spy extends TcpConnection
{
    public function __construct()
    {
        $this->context = (object) [
            'websocketHandshake' => true,
            'websocketDataBuffer' => '',
            'websocketCurrentFrameLength' => 0,
        ];
        $this->errorHandler = static fn (Throwable $e) => print("caught {$e->getMessage()}\n");
    }

    public function consumeRecvBuffer(int $length): void
    {
    }
}

/** A fiber that handles a ping, whose callback is `$callback`. */
function ping(Spy $spy, ?Closure $callback = null): Fiber
{
    return new Fiber(static function () use ($spy, $callback): void {
        $spy->onWebSocketPing = $callback ?? static fn () => Fiber::suspend();
        Websocket::input("\x89\x80\1\2\3\4", $spy);
    });
}

function type(string $when, Spy $spy): void
{
    echo "$when: ", bin2hex($spy->websocketType ?? ''), "\n";
}

$spy = new Spy();

$fiber = ping($spy, static function (Spy $spy): void {
    type('in the callback', $spy);
    Fiber::suspend();
    type('when it goes on', $spy);
    Fiber::suspend();
});
$fiber->start();
type('while it is suspended', $spy);
$spy->websocketType = Websocket::BINARY_TYPE_ARRAYBUFFER;
$fiber->resume();
type('while it is suspended again', $spy);
$fiber->resume();
type('behind it', $spy);

$fiber = ping($spy);
$fiber->start();
$fiber->throw(new Exception('an exception'));
type('behind an exception', $spy);

$fiber = ping($spy);
$fiber->start();
unset($fiber);
type('behind a fiber that was given up', $spy);

[$one, $two] = [ping($spy), ping($spy)];
$one->start();
$two->start();
$one->resume();
type('while one of two is suspended', $spy);
$two->resume();
type('behind both', $spy);

$inner = null;
$outer = ping($spy, static function (Spy $spy) use (&$inner): void {
    $inner = ping($spy);
    $inner->start();
    type('in a callback that has begun another', $spy);
    $inner->resume();
    type('and has seen its end', $spy);
    Websocket::input("\x89\x80\1\2\3\4", $spy);
    type('and was suspended in a callback of its own', $spy);
});
$outer->start();
type('while that is suspended', $spy);
$spy->websocketType = Websocket::BINARY_TYPE_BLOB;
$outer->resume();
type('behind nested ones', $spy);

$fiber = ping($spy);
$fiber->start();
unset($spy->websocketType);
$fiber->resume();
type('where it was unset meanwhile', $spy);

ping($spy)->start();
$forgotten = ping($spy);
$forgotten->start();

?>
--EXPECT--
in the callback: 8a
while it is suspended: 81
when it goes on: 8a
while it is suspended again: 82
behind it: 82
caught an exception
behind an exception: 82
behind a fiber that was given up: 82
while one of two is suspended: 82
behind both: 82
in a callback that has begun another: 8a
and has seen its end: 8a
while that is suspended: 82
and was suspended in a callback of its own: 8a
behind nested ones: 81
where it was unset meanwhile: 81
