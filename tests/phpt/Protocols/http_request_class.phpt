--TEST--
Http: the class of requests, one that does not exist, one of a subclass, and one without a constructor
--FILE--
<?php
use Workerman\Connection\TcpConnection;
use Workerman\Protocols\Http;
use Workerman\Protocols\Http\Request;

class Connection extends TcpConnection
{
    public function __construct()
    {
    }
}

class MyRequest extends Request
{
    public function __construct(string $buffer)
    {
        echo "constructed\n";
        parent::__construct($buffer);
    }
}

class MyHttp extends Http
{
    protected static string $requestClass = MyRequest::class;
}

$get = "GET /path HTTP/1.1\r\nHost: x\r\n\r\n";
echo get_class(MyHttp::decode($get, new Connection())), ' ', get_class(Http::decode($get, new Connection())), "\n";
echo Http::requestClass('Nope'), "\n";
try {
    Http::decode($get, new Connection());
} catch (Error $e) {
    echo $e->getMessage(), "\n";
}
echo Http::requestClass('\Workerman\Protocols\Http\Request'), ' ', Http::decode($get, new Connection())->path(), "\n";

class Bare
{
    public ?TcpConnection $connection = null;
}

Http::requestClass(Bare::class);
$connection = new Connection();
var_dump(Http::decode($get, $connection) instanceof Bare, Http::decode($get, $connection)->connection === $connection);
--EXPECT--
constructed
MyRequest Workerman\Protocols\Http\Request
Nope
Class "Nope" not found
\Workerman\Protocols\Http\Request /path
bool(true)
bool(true)
