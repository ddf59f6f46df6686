--TEST--
null is null over a websocket; other protocols refuse it, and booleans are sent as strings
--FILE--
<?php
use Workerman\Connection\TcpConnection;
use Workerman\Events\Select;
use Workerman\Protocols\Text;
use Workerman\Protocols\Websocket;

$loop = new Select();
[$near, $far] = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
$connection = new TcpConnection($loop, $near);
$connection->protocol = Text::class;
try {
    $connection->send(null);
} catch (TypeError $error) {
    echo $error->getMessage(), "\n";
}
$connection->send(true);
$connection->send(false);
$loop->delay(0, fn () => $connection->close());
$connection->onClose = $loop->stop(...);
$loop->run();
echo json_encode(stream_get_contents($far)), "\n";

$connection->context = (object) ['websocketHandshake' => true];
echo substr(Websocket::encode(null, $connection), 2), "\n";
--EXPECT--
send(): the protocol of this connection sends strings, null given; encode it first, with json_encode() for example
"1\n\n"
null
