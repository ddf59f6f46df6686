--TEST--
A connection whose constructor was skipped answers what it can
--FILE--
<?php
use Workerman\Connection\AsyncUdpConnection;
use Workerman\Connection\UdpConnection;

class Mock extends UdpConnection
{
    public array $sent = [];

    public function __construct()
    {
    }

    public function send(mixed $sendBuffer, bool $raw = false): ?bool
    {
        $this->sent[] = $sendBuffer;
        return true;
    }
}

$mock = new Mock();
$mock->close('bye');
var_dump($mock->sent, $mock->getRemoteIp(), $mock->getRemotePort(), $mock->getLocalAddress(), $mock->getSocket());
$mock->uid = 7;
var_dump($mock->uid);

$client = (new ReflectionClass(AsyncUdpConnection::class))->newInstanceWithoutConstructor();
$client->onClose = static fn () => print("closed\n");
$client->close();
$client->close();
--EXPECT--
array(1) {
  [0]=>
  string(3) "bye"
}
string(0) ""
int(0)
string(0) ""
NULL
int(7)
closed
