--TEST--
Ws: the handshake, frames and their state by hand, through the methods of the connection
--FILE--
<?php

use Workerman\Connection\AsyncTcpConnection;
use Workerman\Protocols\Ws;

class Spy extends AsyncTcpConnection
{
    public array $sent = [];
    protected int $status = 2;

    public function send(mixed $sendBuffer, bool $raw = false): ?bool
    {
        $this->sent[] = $sendBuffer;
        return true;
    }

    public function close(mixed $data = null, bool $raw = false): void
    {
        echo 'close ', strlen((string) $data), "\n";
    }

    public function consumeRecvBuffer(int $length): void
    {
        echo "consume $length\n";
    }
}

class MyWs extends Ws
{
    public static function answer(string $key, string $extra = ''): string
    {
        $accept = base64_encode(sha1($key . '258EAFA5-E914-47DA-95CA-C5AB0DC85B11', true));
        return "HTTP/1.1 101 Hi\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n{$extra}Sec-WebSocket-Accept: $accept\r\n\r\n";
    }
}

function unmask(string $frame): string
{
    return substr($frame, 6) ^ str_pad('', strlen($frame) - 6, substr($frame, 2, 4));
}

$connection = new Spy('ws://example.org:8080/chat');
$connection->headers = ['X-Token' => 't'];
$connection->onWebSocketConnect = fn ($connection, $response) => print("connected {$response->getStatusCode()}\n");
$connection->onError = fn ($connection, $code, $message) => print("error $code $message\n");

var_dump(MyWs::input('too early', $connection));
var_dump(MyWs::encode('early', $connection));
[$request] = $connection->sent;
echo preg_replace('/Key: \S+/', 'Key: ...', $request);
MyWs::onConnect($connection);
var_dump(count($connection->sent), $connection->context->handshakeStep);

var_dump(MyWs::input("HTTP/1.1 101 Hi\r\n", $connection));
$answer = MyWs::answer($connection->context->websocketSecKey);
var_dump(MyWs::input($answer . "\x81\x02hi", $connection) === 4, strlen($answer));
var_dump(unmask($connection->sent[1]), MyWs::decode("\x81\x02hi", $connection));
var_dump(unmask(MyWs::encode('now', $connection)), bin2hex($connection->websocketType));

var_dump(MyWs::input("\x01\x03Hel\x89\x01?", $connection), $connection->sent[2]);
var_dump(MyWs::decode("\x80\x02lo", $connection));
var_dump(MyWs::input("\x81\x81\0\0\0\0x", $connection));
$connection->onWebSocketClose = fn ($connection, $data) => print('closed by peer ' . bin2hex($data) . "\n");
MyWs::input("\x88\x02\x03\xe8", $connection);
MyWs::onClose($connection);
var_dump(isset($connection->context->handshakeStep));

Ws::sendHandshake($connection);
MyWs::input("HTTP/1.1 403 No\r\n\r\n", $connection);

?>
--EXPECTF--
int(-1)
string(0) ""
GET /chat HTTP/1.1
Host: example.org:8080
Connection: Upgrade
Upgrade: websocket
Sec-WebSocket-Version: 13
Sec-WebSocket-Key: ...
X-Token: t

int(1)
int(1)
int(0)
consume %d
connected 101
bool(true)
int(%d)
string(5) "early"
string(2) "hi"
string(3) "now"
string(2) "81"
consume 5
consume 3
int(0)
string(1) "?"
string(5) "Hello"
close 8
int(0)
closed by peer 03e8
bool(false)
error 1 websocket handshake: the server answered 403 No
close 0
