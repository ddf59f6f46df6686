--TEST--
Protocols that need connections are refused over UDP, and bad addresses are named
--FILE--
<?php
use Workerman\Worker;

foreach (['http://127.0.0.1:0', 'websocket://127.0.0.1:0', 'udp://127.0.0.1'] as $address) {
    $worker = new Worker($address);
    $worker->transport = 'udp';
    try {
        $worker->listen();
    } catch (RuntimeException $exception) {
        echo $exception->getMessage(), "\n";
    }
}

$worker = new Worker('udp://127.0.0.1:0');
$worker->listen();
$socket = $worker->getMainSocket();
$again = new Worker('udp://' . stream_socket_get_name($socket, false));
try {
    $again->listen();
} catch (RuntimeException $exception) {
    echo $exception->getMessage(), "\n";
}
--EXPECTF--
http and websocket need connections, which transport udp has none of
http and websocket need connections, which transport udp has none of
Bad address udp://127.0.0.1: expected host:port, with a port up to 65535
Address already in use: udp://127.0.0.1:%d
