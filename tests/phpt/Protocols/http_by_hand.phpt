--TEST--
Http: input(), decode() and encode() called by hand, on a subclass and with a connection that was not constructed
--FILE--
<?php
use Workerman\Connection\TcpConnection;
use Workerman\Protocols\Http;

class Spy extends TcpConnection
{
    public array $calls = [];

    public function __construct()
    {
    }

    public function end(mixed $data = null, bool $raw = false): void
    {
        $this->calls[] = "end: $data";
    }
}

class MyHttp extends Http
{
    protected static function inputChunked(string $buffer, TcpConnection $connection, int $headerLength): int
    {
        echo "chunks after $headerLength bytes\n";
        return parent::inputChunked($buffer, $connection, $headerLength);
    }
}

$spy = new Spy();
$get = "GET /a?b=c HTTP/1.1\r\nHost: x\r\n\r\n";
var_dump(Http::input('GET / HT', $spy), Http::input($get . 'next', $spy) === strlen($get));
var_dump(Http::decode($get, $spy)->get(), Http::decode($get, $spy)->connection === $spy);

$post = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n";
var_dump(Http::input($post, $spy) === strlen($post) + 1000);

$chunked = "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\nSum: 1\r\n\r\n";
var_dump(MyHttp::input(substr($chunked, 0, -5), $spy), MyHttp::input($chunked . $get, $spy) === strlen($chunked));
$request = MyHttp::decode($chunked, $spy);
var_dump($request->rawBody(), $request->header('content-length'), $request->trailer(), isset($spy->context->chunked));

$spy->headers = ['X-A' => ['1', '2']];
var_dump(Http::encode('hello', $spy), $spy->headers);

var_dump(Http::input("BAD\r\n\r\n", $spy));
$spy->maxPackageSize = 500;
var_dump(Http::input($post, $spy), Http::input(str_repeat('a', 16384), $spy), $spy->calls);
var_dump(Http::uploadTmpDir() === (ini_get('upload_tmp_dir') ?: sys_get_temp_dir()), Http::uploadTmpDir('/elsewhere'));
--EXPECT--
int(0)
bool(true)
array(1) {
  ["b"]=>
  string(1) "c"
}
bool(true)
bool(true)
chunks after 56 bytes
chunks after 56 bytes
int(0)
bool(true)
string(5) "abcde"
string(1) "5"
array(1) {
  ["sum"]=>
  string(1) "1"
}
bool(false)
string(122) "HTTP/1.1 200 OK
X-A: 1
X-A: 2
Connection: keep-alive
Content-Type: text/html;charset=utf-8
Content-Length: 5

hello"
array(0) {
}
int(0)
int(0)
int(0)
array(3) {
  [0]=>
  string(52) "end: HTTP/1.1 400 Bad Request
Connection: close

"
  [1]=>
  string(58) "end: HTTP/1.1 413 Payload Too Large
Connection: close

"
  [2]=>
  string(53) "end: HTTP/1.1 414 URI Too Long
Connection: close

"
}
bool(true)
string(10) "/elsewhere"
