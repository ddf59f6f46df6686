--TEST--
Websocket: a whole conversation through input(), decode() and encode()
--SKIPIF--
<?php extension_loaded('zlib') || die('skip needs zlib');
--FILE--
<?php
use Workerman\Connection\TcpConnection;
use Workerman\Protocols\Http\Request;
use Workerman\Protocols\Websocket;

class Spy extends TcpConnection
{
    public string $received = '';

    public function __construct()
    {
    }

    public function send(mixed $data, bool $raw = false): ?bool
    {
        echo 'send', $raw ? ' raw' : '', ' ', addcslashes($data, "\0..\37\177..\377"), "\n";
        return true;
    }

    public function close(mixed $data = null, bool $raw = false): void
    {
        echo 'close ', bin2hex((string) $data), "\n";
        $this->status = self::STATUS_CLOSED;
    }

    public function consumeRecvBuffer(int $length): void
    {
        $this->received = substr($this->received, $length);
    }

    public function receive(string $bytes): void
    {
        $this->received .= $bytes;
        while ($length = Websocket::input($this->received, $this)) {
            $package = substr($this->received, 0, $length);
            $this->received = substr($this->received, $length);
            echo 'message ', Websocket::decode($package, $this), "\n";
        }
    }
}

function frame(int $first, string $payload): string
{
    $mask = "\1\2\3\4";
    return chr($first) . chr(0x80 | strlen($payload)) . $mask . ($payload ^ substr(str_repeat($mask, 40), 0, strlen($payload)));
}

$spy = new Spy();
$spy->onWebSocketConnect = fn(Spy $c, Request $request) => print "connect {$request->path()}\n";
$spy->headers = ['Server: test'];
$spy->onWebSocketPong = fn(Spy $c, string $data) => print "pong $data\n";
echo 'encoded early: ', Websocket::encode('early', $spy), "\n";
$spy->receive(
    "GET /chat HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    . "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    . frame(0x81, 'one') . frame(0x89, 'ping') . frame(0x8a, 'pong'),
);
$spy->receive(frame(0x01, 'frag') . substr(frame(0x80, 'ments'), 0, 4));
$spy->receive(substr(frame(0x80, 'ments'), 4));
echo bin2hex(Websocket::encode(['json' => 'é'], $spy)), "\n";

$spy->websocketType = Websocket::BINARY_TYPE_BLOB_DEFLATE;
$compressed = Websocket::encode('again and again and again', $spy);
$spy->receive(frame(0x41, substr($compressed, 2, 5)) . frame(0x80, substr($compressed, 7)));

$spy->receive(frame(0x88, "\x03\xe8"));
$other = new Spy();
$other->context = (object) ['websocketHandshake' => true];
$other->receive("\x81\x04text");
$refused = new Spy();
$refused->receive("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
--EXPECT--
encoded early: 
connect /chat
send raw HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\nServer: test\r\n\r\n
send raw \201\005early
message one
send ping
pong pong
message fragments
810d7b226a736f6e223a22c3a9227d
message again and again and again
close 880203e8
close 880203ea
close 485454502f312e31203430302042616420526571756573740d0a436f6e74656e742d547970653a20746578742f706c61696e0d0a436f6e6e656374696f6e3a20636c6f73650d0a5365632d576562536f636b65742d56657273696f6e3a2031330d0a436f6e74656e742d4c656e6774683a2033370d0a0d0a6d697373696e67207365632d776562736f636b65742d76657273696f6e206865616465720a
