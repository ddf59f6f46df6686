--TEST--
Websocket: input() of a large fragment that is not whole costs the same however much of it is there
--FILE--
<?php
use Workerman\Connection\TcpConnection;
use Workerman\Protocols\Websocket;

$connection = (new ReflectionClass(TcpConnection::class))->newInstanceWithoutConstructor();
$connection->context = (object) ['websocketHandshake' => true, 'websocketDataBuffer' => ''];
$connection->maxPackageSize = 16 << 20;
$buffer = "\x01\xff" . pack('J', 8 << 20) . "\1\2\3\4" . str_repeat('x', 8_000_000);

$start = hrtime(true);
for ($i = 0; $i < 20_000; ++$i) {
    Websocket::input($buffer, $connection) === 0 || die('a package');
}
// Copied each time, that would be 160 GB.
var_dump(hrtime(true) - $start < 1e9);
?>
--EXPECT--
bool(true)
