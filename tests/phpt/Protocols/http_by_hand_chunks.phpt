--TEST--
Http: input() looks once at the chunks of a request that arrives in the buffer of its connection
--FILE--
<?php
use Workerman\Connection\TcpConnection;
use Workerman\Protocols\Http;

class Client extends TcpConnection
{
    public function __construct()
    {
        $this->maxPackageSize = 16 << 20;
    }

    public function receive(string $bytes): int
    {
        $this->recvBuffer .= $bytes;
        return Http::input($this->recvBuffer, $this);
    }
}

const HEAD = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";

$client = new Client();
$client->receive(HEAD);
$fastest = array_fill(0, 4, INF);
for ($i = 0; $i < 4000; ++$i) {
    $bytes = str_repeat("1\r\na\r\n", 100);
    $start = hrtime(true);
    $client->receive($bytes) === 0 || die('whole');
    $quarter = intdiv($i, 1000);
    $fastest[$quarter] = min($fastest[$quarter], hrtime(true) - $start);
}
// Looked at anew each time, the fastest of the last thousand would take thousands of times as long as that of the first.
var_dump($fastest[3] < 20 * $fastest[0]);
var_dump($client->receive("0\r\n\r\nGET") === strlen(HEAD) + 4000 * 600 + 5);

// Another request begins where the first one was taken off, in a buffer of the same length.
$client->consumeRecvBuffer(strlen(HEAD) + 4000 * 600 + 5 + 3);
var_dump($client->receive(HEAD . "3\r\nabc\r\n"));
$client->consumeRecvBuffer(strlen(HEAD) + 8);
var_dump($client->receive(HEAD . "0\r\n\r\n") === strlen(HEAD) + 5);

// A buffer that is not the connection's stands for itself.
$client = new Client();
$client->receive(HEAD . "3\r\nab");
var_dump(Http::input(HEAD . "1\r\na\r\n0\r\n\r\n", $client) === strlen(HEAD) + 11);
var_dump($client->receive("c\r\n0\r\n\r\n") === strlen(HEAD) + 13);
?>
--EXPECT--
bool(true)
bool(true)
int(0)
bool(true)
bool(true)
bool(true)
