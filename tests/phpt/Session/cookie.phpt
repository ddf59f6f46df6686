--TEST--
The id comes from a cookie, and goes into one when it is new
--FILE--
<?php
use Workerman\Connection\TcpConnection;
use Workerman\Protocols\Http\Request;
use Workerman\Protocols\Http\Session;

function request(string $cookie, bool $connected = true): Request
{
    $request = new Request("GET / HTTP/1.1\r\nHost: a\r\nCookie: $cookie\r\n\r\n");
    if ($connected) {
        $request->connection = (new ReflectionClass(TcpConnection::class))->newInstanceWithoutConstructor();
    }
    return $request;
}

$id = '0123456789abcdefABCDEF,-';
foreach (["PHPSID=$id", "a=b; PHPSID=\"$id\""] as $cookie) {
    var_dump(request($cookie, false)->sessionId() === $id);
}
foreach (["", "PHPSID=short", "PHPSID=../../../../etc/passwd", "PHPSID=0123456789abcde\u{e9}"] as $cookie) {
    $request = request($cookie);
    $new = $request->sessionId();
    var_dump(preg_match('/^[0-9a-f]{32}$/', $new), $request->connection->headers === ['Set-Cookie' => ["PHPSID=$new; Path=/"]]);
    var_dump($request->sessionId() === $new);
}
echo "valid\n";
foreach (['0123456789abcdef', '0123456789abcde', "0123456789abcdef\n", str_repeat('a', 256), str_repeat('a', 257), 5, null, []] as $candidate) {
    var_dump($request->isValidSessionId($candidate));
}

echo "all attributes\n";
Session::$name = 'SID';
Session::$domain = 'example.com';
Session::$cookieLifetime = 60;
Session::$cookiePath = '/app';
Session::$sameSite = 'Lax';
Session::$secure = Session::$httpOnly = true;
$request = request('');
$request->sessionId('chosen');
var_dump($request->connection->headers['Set-Cookie'][0], $request->sessionId());

echo "not connected\n";
try {
    request('', false)->session();
} catch (RuntimeException $exception) {
    echo $exception->getMessage(), "\n";
}
?>
--EXPECT--
bool(true)
bool(true)
int(1)
bool(true)
bool(true)
int(1)
bool(true)
bool(true)
int(1)
bool(true)
bool(true)
int(1)
bool(true)
bool(true)
valid
bool(true)
bool(false)
bool(false)
bool(true)
bool(false)
bool(false)
bool(false)
bool(false)
all attributes
string(85) "SID=chosen; Domain=example.com; Max-Age=60; Path=/app; SameSite=Lax; Secure; HttpOnly"
string(6) "chosen"
not connected
Request->session() fail, header already send
