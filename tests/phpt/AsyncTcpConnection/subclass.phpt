--TEST--
Subclasses of AsyncTcpConnection: constructors that are skipped, methods that are overridden
--FILE--
<?php

use Workerman\Connection\AsyncTcpConnection;
use Workerman\Connection\TcpConnection;

class Recorder extends AsyncTcpConnection
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

    public function connect(): void
    {
        echo "connect\n";
    }

    public function reconnect(int $after = 0): void
    {
        parent::reconnect($after);
    }
}

$recorder = new Recorder();
var_dump($recorder instanceof TcpConnection, $recorder->send('a'), $recorder->sent, $recorder->getStatus(false));
$recorder->reconnect();
$recorder->close();
var_dump($recorder->getStatus(false));
var_dump((new ReflectionClass(AsyncTcpConnection::class))->newInstanceWithoutConstructor()->getRemotePort());

?>
--EXPECT--
bool(true)
bool(true)
array(1) {
  [0]=>
  string(1) "a"
}
string(7) "INITIAL"
connect
string(6) "CLOSED"
int(0)
