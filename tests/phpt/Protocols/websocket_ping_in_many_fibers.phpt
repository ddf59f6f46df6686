--TEST--
Websocket: ping callbacks that are suspended cost other fibers nothing, and a class that hears of the type cannot suspend a switch
--FILE--
<?php

declare(strict_types=1);

use Workerman\Connection\TcpConnection;
use Workerman\Protocols\Websocket;

class Spy extends TcpConnection
{
    public $onWebSocketPing;

    public function __construct()
    {
        $this->context = (object) [
            'websocketHandshake' => true,
            'websocketDataBuffer' => '',
            'websocketCurrentFrameLength' => 0,
        ];
        $this->errorHandler = static fn (Throwable $e) => print("caught: {$e->getMessage()}\n");
        $this->onWebSocketPing = static fn () => Fiber::suspend();
    }

    public function consumeRecvBuffer(int $length): void
    {
    }
}

class Hearing extends Spy
{
    private int $changes = 0;

    public function __set(string $name, mixed $value): void
    {
        if (++$this->changes === 2) {
            Fiber::suspend();
        }
    }
}

/** A fiber that is suspended in the ping callback of a connection. */
function suspended(Spy $spy): Fiber
{
    $fiber = new Fiber(static fn () => Websocket::input("\x89\x80\1\2\3\4", $spy));
    $fiber->start();
    return $fiber;
}

/** Nanoseconds that a thousand switches take, at best. */
function switches(): int
{
    $fiber = new Fiber(static function (): never {
        while (true) {
            Fiber::suspend();
        }
    });
    $fiber->start();
    $times = [];
    for ($round = 0; $round < 10; ++$round) {
        $start = hrtime(true);
        for ($i = 0; $i < 1000; ++$i) {
            $fiber->resume();
        }
        $times[] = hrtime(true) - $start;
    }
    return min($times);
}

$alone = switches();
$fibers = array_map(static fn () => suspended(new Spy()), range(1, 2000));
$among_many = switches();
echo $among_many < 5 * $alone ? "a switch costs the same\n" : "$alone ns have become $among_many ns\n";

suspended(new Hearing());

?>
--EXPECT--
a switch costs the same
caught: Cannot switch fibers in current execution context
