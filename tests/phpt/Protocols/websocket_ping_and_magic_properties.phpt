--TEST--
Websocket: the type of a ping callback holds in its fiber also where the class keeps it behind __get() and __set()
--FILE--
<?php

declare(strict_types=1);

use Workerman\Connection\TcpConnection;
use Workerman\Protocols\Websocket;

class Spy extends TcpConnection
{
    public $onWebSocketPing;

    public function __construct(?Closure $onPing)
    {
        $this->context = (object) [
            'websocketHandshake' => true,
            'websocketDataBuffer' => '',
            'websocketCurrentFrameLength' => 0,
        ];
        $this->errorHandler = static fn (Throwable $e) => print("caught: {$e->getMessage()}\n");
        $this->onWebSocketPing = $onPing;
    }

    public function consumeRecvBuffer(int $length): void
    {
    }

    public function send(mixed $data, bool $raw = false): bool|null
    {
        echo 'sent: ', bin2hex(Websocket::encode($data, $this)), "\n";
        return true;
    }
}

class Writing extends Spy
{
    public function __set(string $name, mixed $value): void
    {
        echo "$name: ", bin2hex($value), "\n";
    }
}

class Keeping extends Spy
{
    protected ?string $kept = null;

    public function __get(string $name): ?string
    {
        return $this->kept;
    }

    public function __set(string $name, mixed $value): void
    {
        $this->kept = $value;
    }
}

class Telling extends Keeping
{
    public function __isset(string $name): bool
    {
        return $this->kept !== null;
    }
}

class Refusing extends Telling
{
    public function __set(string $name, mixed $value): void
    {
        $this->kept = $value;
        throw new Exception('no ' . bin2hex($value));
    }
}

class Hiding extends Telling
{
    public function __get(string $name): ?string
    {
        throw new Exception("no $name");
    }
}

/** A fiber that handles a ping, and is suspended in the callback. */
function ping(TcpConnection $connection): Fiber
{
    $fiber = new Fiber(static fn () => Websocket::input("\x89\x81\0\0\0\0x", $connection));
    $fiber->start();
    return $fiber;
}

$suspending = static function (TcpConnection $connection): void {
    echo 'in the callback: ', bin2hex($connection->websocketType), "\n";
    Fiber::suspend();
    echo 'when it goes on: ', bin2hex($connection->websocketType), "\n";
};

foreach ([Keeping::class, Telling::class] as $class) {
    echo "$class\n";
    $connection = new $class($suspending);
    $connection->websocketType = Websocket::BINARY_TYPE_ARRAYBUFFER;
    $fiber = ping($connection);
    echo 'meanwhile: ', bin2hex($connection->websocketType), "\n";
    $fiber->resume();
    echo 'behind it: ', bin2hex($connection->websocketType), "\n";
}

echo "what the callback has chosen itself\n";
$fiber = ping($connection = new Telling(static function (TcpConnection $connection): void {
    $connection->websocketType = Websocket::BINARY_TYPE_ARRAYBUFFER;
    Fiber::suspend();
    $connection->send('x');
}));
$connection->send('x');
$fiber->resume();

echo "without a callback\n";
Websocket::input("\x89\x81\0\0\0\0x", new Telling(null));

foreach ([Writing::class, Refusing::class, Hiding::class] as $class) {
    echo "$class\n";
    $fiber = ping(new $class(static function (): void {
        echo "in the callback\n";
        Fiber::suspend();
        echo "it goes on\n";
    }));
    echo "meanwhile\n";
    $fiber->resume();
}

?>
--EXPECT--
Keeping
in the callback: 8a
meanwhile: 82
when it goes on: 8a
behind it: 82
Telling
in the callback: 8a
meanwhile: 82
when it goes on: 8a
behind it: 82
what the callback has chosen itself
sent: 810178
sent: 820178
without a callback
sent: 8a0178
Writing
websocketType: 8a
in the callback
websocketType: 81
meanwhile
websocketType: 8a
it goes on
websocketType: 81
Refusing
caught: no 8a
in the callback
caught: no 81
meanwhile
caught: no 8a
it goes on
caught: no 81
Hiding
in the callback
caught: no websocketType
meanwhile
caught: no websocketType
it goes on
caught: no websocketType
