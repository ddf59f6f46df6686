--TEST--
A client works on an event loop without any worker
--FILE--
<?php
use Workerman\Connection\AsyncUdpConnection;
use Workerman\Events\Event;

$peer = stream_socket_server('udp://127.0.0.1:0', $errno, $message, STREAM_SERVER_BIND);
$loop = new Event();
$loop->onReadable($peer, static function () use ($peer, $loop): void {
    echo 'peer: ', stream_socket_recvfrom($peer, 100, 0, $from), "\n";
    stream_socket_sendto($peer, 'answer', 0, $from);
    $loop->offReadable($peer);
});

$client = new AsyncUdpConnection('udp://' . stream_socket_get_name($peer, false));
$client->eventLoop = $loop;
$client->onConnect = static fn () => print("connected\n");
$client->onMessage = static function (AsyncUdpConnection $client, string $data): void {
    echo "client: $data\n";
    $client->close();
};
$client->onClose = static fn () => print("closed\n");
var_dump($client->send('hello'));
$loop->run();
echo "the loop has nothing left to do\n";
--EXPECT--
connected
bool(true)
peer: hello
client: answer
closed
the loop has nothing left to do
