--TEST--
A loop that the script has written drives connections, clients and their timers without a worker
--FILE--
<?php
require dirname(__DIR__) . '/own_loop.inc';

use Workerman\Connection\AsyncTcpConnection;
use Workerman\Connection\AsyncUdpConnection;
use Workerman\Connection\TcpConnection;
use Workerman\Protocols\Text;
use Workerman\Timer;
use Workerman\Worker;

$loop = new OwnLoop();
Timer::init($loop);

echo "-- a pair\n";
[$near, $far] = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
$connection = new TcpConnection($loop, $near, '192.0.2.1:4711');
var_dump($connection->eventLoop === $loop);
$connection->protocol = Text::class;
$connection->onMessage = fn ($connection, string $line) => Timer::delay(0.001, fn () => $connection->send("re: $line"));
$connection->onClose = fn () => print("closed\n");
$loop->onReadable($far, function ($far) use ($loop): void {
    static $lines = 0;
    echo fgets($far);
    if (++$lines === 2) {
        $loop->offReadable($far);
        fclose($far);
    }
});
fwrite($far, "one\ntwo\n");
$loop->run();
// It has nothing left to wait for, and has not been busy.
var_dump($loop->watched(), $loop->rounds < 100);

echo "-- a client\n";
Worker::$globalEvent = $loop;
$server = stream_socket_server('tcp://127.0.0.1:0');
$loop->onReadable($server, function ($server) use ($loop): void {
    $loop->offReadable($server);
    $served = new TcpConnection($loop, stream_socket_accept($server));
    $served->onMessage = fn ($served, string $data) => $served->close("you said $data");
});
$client = new AsyncTcpConnection('tcp://' . stream_socket_get_name($server, false));
$client->onConnect = fn () => print("connected\n");
$client->onMessage = fn ($client, string $data) => print("$data\n");
$client->onClose = fn () => print("closed\n");
$client->send('hello');
$client->connect();
$loop->run();

echo "-- one that comes again\n";
$client->onConnect = fn ($client) => $client->close();
$client->onClose = fn () => print("closed again\n");
$client->onError = fn ($client, $code) => print("error $code\n");
$client->reconnect(1);
var_dump($loop->getTimerCount());
$loop->run();

echo "-- a client over UDP\n";
$peer = stream_socket_server('udp://127.0.0.1:0', $errno, $message, STREAM_SERVER_BIND);
$loop->onReadable($peer, function ($peer) use ($loop): void {
    echo 'peer: ', stream_socket_recvfrom($peer, 100, 0, $from), "\n";
    stream_socket_sendto($peer, 'answer', 0, $from);
    $loop->offReadable($peer);
});
$client = new AsyncUdpConnection('udp://' . stream_socket_get_name($peer, false));
$client->onMessage = function (AsyncUdpConnection $client, string $data): void {
    echo "client: $data\n";
    $client->close();
};
$client->send('hello');
$loop->run();

echo "-- an exception is the connection's business\n";
[$near, $far] = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
$connection = new TcpConnection($loop, $near);
$connection->protocol = Text::class;
$connection->onMessage = function ($connection, string $line): void {
    if ($line === 'throw') {
        throw new LogicException('handled');
    }
    echo "$line\n";
    $connection->close();
};
$connection->errorHandler = fn (Throwable $error) => print("{$error->getMessage()}\n");
fwrite($far, "throw\nnext\n");
$loop->run();

echo "-- a fiber\n";
$fiber = new Fiber(function (): void {
    Timer::sleep(0.001);
    echo "awake\n";
});
$fiber->start();
echo "asleep\n";
$loop->run();

echo "-- it goes when nobody needs it\n";
$reference = WeakReference::create($loop);
Worker::$globalEvent = null;
Timer::init(new Workerman\Events\Event());
unset($loop, $connection, $client, $fiber);
gc_collect_cycles();
var_dump($reference->get(), count(scandir('/proc/self/task')) - 2);
--EXPECT--
-- a pair
bool(true)
re: one
re: two
closed
int(0)
bool(true)
-- a client
connected
you said hello
closed
-- one that comes again
int(1)
closed again
-- a client over UDP
peer: hello
client: answer
-- an exception is the connection's business
handled
next
-- a fiber
asleep
awake
-- it goes when nobody needs it
NULL
int(1)
