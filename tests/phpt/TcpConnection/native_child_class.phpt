--TEST--
A native child of a native class inherits its methods, its properties and what its own subclasses add
--FILE--
<?php
use Workerman\Connection\ConnectionInterface;
use Workerman\Connection\TcpConnection;

class Client extends TcpConnection
{
    public function __construct()
    {
    }
}

$client = new Client();
var_dump($client instanceof TcpConnection, $client instanceof ConnectionInterface, $client instanceof JsonSerializable);

// error() is a native method of the parent; errorHandler is a slot of the parent.
$client->errorHandler = static function (Throwable $exception): void {
    echo get_class($exception), ': ', $exception->getMessage(), "\n";
};
$client->error(new LogicException('told to the handler'));

$client->onConnect = 'strlen';
$client->dynamic['a'] = 1;
var_dump($client->getStatus(false), $client->getRemoteAddress(), $client->bufferIsEmpty(), $client->dynamic);
--EXPECT--
bool(true)
bool(true)
bool(true)
LogicException: told to the handler
string(11) "ESTABLISHED"
string(0) ""
bool(true)
array(1) {
  ["a"]=>
  int(1)
}
