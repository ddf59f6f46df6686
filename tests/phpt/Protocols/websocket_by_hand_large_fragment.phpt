--TEST--
Websocket: input() of a large fragment that is not whole costs the same however much of it is there
--FILE--
<?php
use Workerman\Connection\TcpConnection;
use Workerman\Protocols\Websocket;

$connection = (new ReflectionClass(TcpConnection::class))->newInstanceWithoutConstructor();
$connection->context = (object) ['websocketHandshake' => true, 'websocketDataBuffer' => ''];
$connection->maxPackageSize = 16 << 20;

$fastest = [];
foreach ([80, 8_000_000] as $length) {
    $buffer = "\x01\xff" . pack('J', 8 << 20) . "\1\2\3\4" . str_repeat('x', $length);
    $fastest[$length] = INF;
    for ($i = 0; $i < 1000; ++$i) {
        $start = hrtime(true);
        Websocket::input($buffer, $connection) === 0 || die('a package');
        $fastest[$length] = min($fastest[$length], hrtime(true) - $start);
    }
}
// Copied each time, the large one would take hundreds of times as long.
var_dump($fastest[8_000_000] < 20 * $fastest[80]);
?>
--EXPECT--
bool(true)
