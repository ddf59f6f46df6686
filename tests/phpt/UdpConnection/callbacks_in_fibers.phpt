--TEST--
On a loop of fibers, what a client hears is handled in one
--FILE--
<?php
use Workerman\Connection\AsyncUdpConnection;
use Workerman\Events\Fiber as Loop;

$peer = stream_socket_server('udp://127.0.0.1:0', $errno, $message, STREAM_SERVER_BIND);
$loop = new Loop();
$client = new AsyncUdpConnection('udp://' . stream_socket_get_name($peer, false));
$client->eventLoop = $loop;
$client->onMessage = static function (AsyncUdpConnection $client, string $data) use ($loop): void {
    $fiber = Fiber::getCurrent();
    $loop->delay(0.001, static function () use ($fiber): void {
        echo "resumed\n";
        $fiber->resume();
    });
    echo "$data suspends\n";
    Fiber::suspend();
    echo "$data goes on\n";
    $client->close();
};
$client->send('hello');
stream_socket_recvfrom($peer, 100, 0, $from);
stream_socket_sendto($peer, 'answer', 0, $from);
$loop->run();
echo "end\n";
--EXPECT--
answer suspends
resumed
answer goes on
end
