--TEST--
The session of a request: one object, written when the request ends, moved to a new id
--FILE--
<?php
use Workerman\Connection\TcpConnection;
use Workerman\Protocols\Http\Request;
use Workerman\Protocols\Http\Session;
use Workerman\Protocols\Http\Session\FileSessionHandler;

class Memory extends FileSessionHandler
{
    public static array $sessions = [];

    public function read(string $sessionId): string|false
    {
        return self::$sessions[$sessionId] ?? false;
    }

    public function write(string $sessionId, string $sessionData): bool
    {
        self::$sessions[$sessionId] = $sessionData;
        return true;
    }

    public function destroy(string $sessionId): bool
    {
        unset(self::$sessions[$sessionId]);
        return true;
    }
}

class MyRequest extends Request
{
    private static int $next = 0;

    public static function createSessionId(): string
    {
        return 'generated-id-' . str_pad((string) ++self::$next, 4, '0', STR_PAD_LEFT);
    }
}

Session::handlerClass(Memory::class);

$request = new MyRequest("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
$request->connection = $connection = (new ReflectionClass(TcpConnection::class))->newInstanceWithoutConstructor();
$request->session()->set('name', 'Ada');
var_dump($request->session() === $request->session(), $request->context['sid'], Memory::$sessions);
unset($request);
var_dump(Memory::$sessions);

$request = new MyRequest("GET / HTTP/1.1\r\nHost: a\r\nCookie: PHPSID=generated-id-0001\r\n\r\n");
$request->connection = $connection;
var_dump($request->session()->get('name'), $request->sessionRegenerateId(true), $request->session()->getId());
var_dump($connection->headers['Set-Cookie'], $request->session()->get('name'));
unset($request);
var_dump(array_keys(Memory::$sessions));

$request = new MyRequest("GET / HTTP/1.1\r\nHost: a\r\nCookie: PHPSID=generated-id-0002\r\n\r\n");
$request->connection = $connection;
$request->session()->set('more', true);
$request->destroy();
var_dump($request->context, $request->connection, unserialize(Memory::$sessions['generated-id-0002']));
?>
--EXPECT--
bool(true)
string(17) "generated-id-0001"
array(0) {
}
array(1) {
  ["generated-id-0001"]=>
  string(27) "a:1:{s:4:"name";s:3:"Ada";}"
}
string(3) "Ada"
string(17) "generated-id-0002"
string(17) "generated-id-0002"
array(1) {
  [0]=>
  string(32) "PHPSID=generated-id-0002; Path=/"
}
string(3) "Ada"
array(1) {
  [0]=>
  string(17) "generated-id-0002"
}
array(0) {
}
NULL
array(2) {
  ["name"]=>
  string(3) "Ada"
  ["more"]=>
  bool(true)
}
