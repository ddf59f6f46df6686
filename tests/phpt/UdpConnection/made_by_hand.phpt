--TEST--
A connection made from a stream sends from it, and answers all questions
--FILE--
<?php
use Workerman\Connection\UdpConnection;

$peer = stream_socket_server('udp://127.0.0.1:0', $errno, $message, STREAM_SERVER_BIND);
$address = stream_socket_get_name($peer, false);
$socket = stream_socket_server('udp://127.0.0.1:0', $errno, $message, STREAM_SERVER_BIND);

$connection = new UdpConnection($socket, $address);
var_dump($connection->send('hello'), stream_socket_recvfrom($peer, 100));
var_dump($connection->getSocket() === $socket, $connection->getLocalAddress() === stream_socket_get_name($socket, false));
$connection->protocol = 'Workerman\Protocols\Text';
var_dump($connection->send('line'), stream_socket_recvfrom($peer, 100));
var_dump($connection->send('raw', true), stream_socket_recvfrom($peer, 100));

$clone = clone $connection;
$connection->close('bye');
var_dump(stream_socket_recvfrom($peer, 100), $connection->send('late'), $connection->getSocket(), $connection->getLocalAddress());
var_dump($clone->send('from the clone'), stream_socket_recvfrom($peer, 100));

$connected = new UdpConnection(stream_socket_client("udp://$address"), 'somebody else:1');
var_dump($connected->send('to the peer'), stream_socket_recvfrom($peer, 100));

foreach (['[::1]:80', '::1:80', '127.0.0.1:80', ''] as $remote) {
    $connection = new UdpConnection(null, $remote);
    echo json_encode($connection, JSON_UNESCAPED_SLASHES), "\n";
}
var_dump($connection->send('nowhere'));
$connection->protocol = 'Workerman\Protocols\Http';
try {
    $connection->send('response');
} catch (RuntimeException $exception) {
    echo $exception->getMessage(), "\n";
}
--EXPECT--
bool(true)
string(5) "hello"
bool(true)
bool(true)
bool(true)
string(5) "line
"
bool(true)
string(3) "raw"
string(4) "bye
"
bool(false)
NULL
string(0) ""
bool(true)
string(15) "from the clone
"
bool(true)
string(11) "to the peer"
{"transport":"udp","getRemoteIp":"::1","remotePort":80,"getRemoteAddress":"[::1]:80","getLocalIp":"","getLocalPort":0,"getLocalAddress":"","isIpV4":false,"isIpV6":true}
{"transport":"udp","getRemoteIp":"::1","remotePort":80,"getRemoteAddress":"::1:80","getLocalIp":"","getLocalPort":0,"getLocalAddress":"","isIpV4":false,"isIpV6":true}
{"transport":"udp","getRemoteIp":"127.0.0.1","remotePort":80,"getRemoteAddress":"127.0.0.1:80","getLocalIp":"","getLocalPort":0,"getLocalAddress":"","isIpV4":true,"isIpV6":false}
{"transport":"udp","getRemoteIp":"","remotePort":0,"getRemoteAddress":"","getLocalIp":"","getLocalPort":0,"getLocalAddress":"","isIpV4":true,"isIpV6":false}
bool(false)
http and websocket need connections, which transport udp has none of
