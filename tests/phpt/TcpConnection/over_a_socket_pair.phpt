--TEST--
A connection can be made of a stream and run on a loop of its own
--FILE--
<?php
use Workerman\Connection\TcpConnection;
use Workerman\Events\Select;
use Workerman\Protocols\Text;

$loop = new Select();
[$near, $far] = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
fwrite($far, "one\ntwo\n");

$connection = new TcpConnection($loop, $near, '192.0.2.1:4711');
var_dump($connection->getSocket() === $near, $connection->eventLoop === $loop, $connection->getRemoteAddress());
var_dump($connection->getStatus(false), isset(TcpConnection::$connections[$connection->id]));
$connection->protocol = Text::class;
$connection->onMessage = fn (TcpConnection $connection, string $line) => $connection->send("re: $line");
$connection->onClose = function () use ($loop): void {
    echo "closed\n";
    $loop->stop();
};
$loop->onReadable($far, function ($stream) use ($loop): void {
    static $lines = 0;
    echo fgets($stream);
    if (++$lines === 2) {
        $loop->offReadable($stream);
        fclose($stream);
    }
});
$loop->run();
var_dump($connection->getStatus(false), $connection->eventLoop, TcpConnection::$connections);

// Closing sends what was sent, and the peer sees the end although the script still has the stream.
[$near, $far] = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
$connection = new TcpConnection($loop, $near);
$loop->delay(0, fn () => $connection->close('bye'));
$connection->onClose = $loop->stop(...);
$loop->run();
var_dump(stream_get_contents($far), feof($far));

// What PHP has read ahead is handled first, and the stream of a connection that is over is closed.
[$near, $far] = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
fwrite($far, "for the script\nfor the conn");
echo fgets($near);
fwrite($far, "ection\nand more\n");
$connection = new TcpConnection($loop, $near);
$connection->protocol = Text::class;
$connection->onMessage = function (TcpConnection $connection, string $line): void {
    echo "$line\n";
    $line === 'and more' && $connection->close();
};
$connection->onClose = $loop->stop(...);
$loop->run();
var_dump(is_resource($near));

try {
    new TcpConnection($loop, $near);
} catch (TypeError $error) {
    echo $error->getMessage(), "\n";
}
--EXPECT--
bool(true)
bool(true)
string(14) "192.0.2.1:4711"
string(11) "ESTABLISHED"
bool(true)
re: one
re: two
closed
string(6) "CLOSED"
NULL
array(0) {
}
string(3) "bye"
bool(true)
for the script
for the connection
and more
bool(false)
Argument #2 ($socket) must be an open stream resource
