--TEST--
A connection whose constructor was skipped answers all questions
--FILE--
<?php
use Workerman\Connection\TcpConnection;

class Mock extends TcpConnection
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
var_dump($mock->send('a'), $mock->sent, $mock->id, $mock->maxPackageSize, $mock->getRemoteIp(), $mock->getRemotePort());
var_dump($mock->getLocalAddress(), $mock->getSendBufferQueueSize(), $mock->getRecvBufferQueueSize(), $mock->getStatus());
--EXPECT--
bool(true)
array(1) {
  [0]=>
  string(1) "a"
}
int(0)
int(1048576)
string(0) ""
int(0)
string(0) ""
int(0)
int(0)
int(2)
