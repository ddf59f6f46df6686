--TEST--
Http: input() measures a chunked request anew where a subclass has put another one into the buffer of its connection
--FILE--
<?php
use Workerman\Connection\TcpConnection;
use Workerman\Protocols\Http;

class Client extends TcpConnection
{
    public function __construct()
    {
        $this->maxPackageSize = 1 << 20;
    }

    public function hold(string $bytes): int
    {
        $this->recvBuffer = $bytes;
        return Http::input($this->recvBuffer, $this);
    }
}

const HEAD = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";

$bodies = [
    'in the middle of a chunk' => ["14\r\nabcde", "3\r\nabc\r\n0\r\n\r\n"],
    'behind the size of one' => ["7\r\n", "b\r\nx\r\n0\r\n\r\nGET\r\n0\r\n\r\n"],
    'in the middle of a size' => ["1\r\na\r\n00000001", "1\r\na\r\n0\r\n\r\n"],
    'in a line that has grown' => ["5;name=valu", "1\r\na\r\n0\r\n\r\n"],
    'with a shorter one' => [str_repeat("1\r\na\r\n", 100), "0\r\n\r\n"],
];
foreach ($bodies as $name => [$first, $second]) {
    $client = new Client();
    echo $name, ': ', $client->hold(HEAD . $first), ', ';
    var_dump($client->hold(HEAD . $second) === (new Client())->hold(HEAD . $second));
}
?>
--EXPECT--
in the middle of a chunk: 0, bool(true)
behind the size of one: 0, bool(true)
in the middle of a size: 0, bool(true)
in a line that has grown: 0, bool(true)
with a shorter one: 0, bool(true)
