--TEST--
A stream of which no connection can be made stays as it is, and so does what PHP has read of it
--SKIPIF--
<?php exec('prlimit --version', $output, $status) && $status === 0 || die('skip needs prlimit');
--FILE--
<?php

declare(strict_types=1);

use Workerman\Connection\TcpConnection;
use Workerman\Events\Event;

/** A connection that is there although its stream was refused. */
class Stubborn extends TcpConnection
{
    public function __construct(Event $loop, mixed $stream)
    {
        try {
            parent::__construct($loop, $stream);
        } catch (RuntimeException $exception) {
            echo $exception->getMessage(), "\n";
        }
    }
}

/** Whether the descriptors of this process are in the same state as before. */
function flags(): array
{
    foreach (glob('/proc/self/fdinfo/*') as $file) {
        preg_match('/^flags:\s+(\d+)/m', (string) @file_get_contents($file), $match);
        $flags[basename($file)] = $match[1] ?? null;
    }
    return array_filter($flags);
}

$loop = new Event();

$file = fopen(__FILE__, 'r');
$first = fgets($file);
$connection = new Stubborn($loop, $file);
var_dump($first . fgets($file) . fgets($file) === "<?php\n\ndeclare(strict_types=1);\n");

$listening = stream_socket_server('tcp://127.0.0.1:0');
$before = flags();
$connection = new Stubborn($loop, $listening);
var_dump(flags() === $before);
$client = stream_socket_client('tcp://' . stream_socket_get_name($listening, false));
$accepted = stream_socket_accept($listening);

echo "-- no descriptors\n";
fwrite($client, "one\ntwo\n");
var_dump(fgets($accepted));
exec('prlimit --pid=' . getmypid() . ' --nofile=60:');
for ($held = []; $more = @fopen('/dev/null', 'r'); $held[] = $more);
$connection = new Stubborn($loop, $accepted);
var_dump(TcpConnection::$connections, TcpConnection::$statistics['connection_count'], $connection->send('nobody hears it'));
$connection->close();
unset($more, $held);

echo "-- enough of them\n";
$connection = new TcpConnection($loop, $accepted);
$connection->onMessage = static function (TcpConnection $connection, string $data): void {
    var_dump($data);
    $connection->close('bye');
};
$loop->run();
var_dump(stream_get_contents($client));

?>
--EXPECT--
cannot use the stream: it is always ready, as plain files are; read it with fread()
bool(true)
cannot use the stream: Transport endpoint is not connected
bool(true)
-- no descriptors
string(4) "one
"
cannot use the stream: Too many open files
array(0) {
}
int(0)
bool(false)
-- enough of them
string(4) "two
"
string(3) "bye"
