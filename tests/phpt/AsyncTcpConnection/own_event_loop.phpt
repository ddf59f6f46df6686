--TEST--
A client connects on an event loop of the script's own, without any worker
--FILE--
<?php

use Workerman\Connection\AsyncTcpConnection;
use Workerman\Events\Select;

$server = stream_socket_server('tcp://127.0.0.1:0');
$loop = new Select();
$loop->onReadable($server, function ($server) use ($loop): void {
    $stream = stream_socket_accept($server);
    fwrite($stream, 'you said ' . fread($stream, 100));
    $loop->offReadable($server);
});

$client = new AsyncTcpConnection('tcp://' . stream_socket_get_name($server, false));
$client->eventLoop = $loop;
$client->onConnect = fn () => print("connected\n");
$client->onMessage = fn ($client, $data) => print("$data\n");
$client->onClose = function () use ($loop): void {
    echo "closed\n";
    $loop->stop();
};
$client->send('hello');
$client->connect();
$loop->run();
var_dump(count(AsyncTcpConnection::$connections));

?>
--EXPECT--
connected
you said hello
closed
int(0)
