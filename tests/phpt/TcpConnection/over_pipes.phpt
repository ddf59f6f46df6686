--TEST--
A connection can be made of pipes, fifos and terminals, of either end and on any loop
--FILE--
<?php
require dirname(__DIR__) . '/own_loop.inc';

use Workerman\Connection\TcpConnection;
use Workerman\Events\Event;
use Workerman\Protocols\Text;

foreach ([new Event(), new OwnLoop()] as $loop) {
    echo '-- ', $loop::class, "\n";
    $process = proc_open(['cat'], [['pipe', 'r'], ['pipe', 'w']], $pipes);
    [$to, $from] = array_map(fn ($pipe) => new TcpConnection($loop, $pipe), $pipes);
    $from->protocol = Text::class;
    $from->onError = fn ($connection, $code, $reason) => print("error $code: $reason\n");
    $from->onMessage = function ($from, string $line) use ($to): void {
        echo "cat says $line\n";
        $line === 'two' && $to->close("the last\n");
    };
    // What the script has of the pipe is closed too, or cat would wait for ever.
    $to->onClose = fn () => print("nothing more goes to cat\n");
    $from->onClose = fn () => print("nothing more comes from cat\n");
    var_dump($from->send('this way'), $to->send("one\ntwo\n"));
    $loop->run();
    proc_close($process);

    $heard = '';
    $connection = new TcpConnection($loop, popen('echo hello; echo world', 'r'));
    $connection->onMessage = function ($connection, string $data) use (&$heard): void {
        $heard .= $data;
    };
    $loop->run();
    echo json_encode($heard), "\n";

    // A process that does not read is waited for, and one that ends is noticed.
    $process = proc_open('read word; wc -c', [['pipe', 'r'], ['pipe', 'w']], $pipes);
    [$to, $from] = array_map(fn ($pipe) => new TcpConnection($loop, $pipe), $pipes);
    $to->maxSendBufferSize = 2_000_000;
    $from->onMessage = fn ($from, string $data) => print(trim($data) . " bytes\n");
    $to->onBufferDrain = fn ($to) => $to->close();
    var_dump($to->send("word\n" . str_repeat('x', 1_000_000)));
    $loop->run();
    proc_close($process);
    $process = proc_open(['true'], [['pipe', 'r']], $pipes);
    $to = new TcpConnection($loop, $pipes[0]);
    $to->onClose = fn () => print("nobody reads\n");
    $loop->run();
    proc_close($process);

    $process = proc_open(['cat'], [['pipe', 'r'], ['pipe', 'w']], $pipes);
    $to = new TcpConnection($loop, $pipes[0]);
    $to->lingerTimeout = 60;
    $to->end("end\n");
    $loop->run();
    echo stream_get_contents($pipes[1]);
    proc_close($process);

    $process = proc_open(['sh', '-c', 'stty -echo; echo ready; read word; echo "$word"; test -t 0 && echo terminal'], [['pty'], ['pty'], ['pty']], $pipes);
    $terminal = new TcpConnection($loop, $pipes[0]);
    unset($pipes);
    $terminal->protocol = Text::class;
    $terminal->onMessage = function ($terminal, string $line): void {
        echo "$line\n";
        $line === 'ready' && $terminal->send('word');
    };
    $loop->run();
    proc_close($process);
}

echo "-- what cannot be waited for\n";
$loop = new Event();
[$filtered, $peer] = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
stream_filter_append($filtered, 'string.rot13');
$udp = stream_socket_server('udp://127.0.0.1:0', $errno, $message, STREAM_SERVER_BIND);
foreach ([fopen(__FILE__, 'r'), fopen('php://memory', 'r'), $udp, $filtered] as $stream) {
    try {
        new TcpConnection($loop, $stream);
    } catch (RuntimeException $exception) {
        echo $exception->getMessage(), "\n";
    }
}
var_dump(TcpConnection::$connections);
--EXPECT--
-- Workerman\Events\Event
error 2: the stream can only be read
bool(false)
bool(true)
cat says one
cat says two
nothing more goes to cat
cat says the last
nothing more comes from cat
"hello\nworld\n"
NULL
1000000 bytes
nobody reads
end
ready
word
terminal
-- OwnLoop
error 2: the stream can only be read
bool(false)
bool(true)
cat says one
cat says two
nothing more goes to cat
cat says the last
nothing more comes from cat
"hello\nworld\n"
NULL
1000000 bytes
nobody reads
end
ready
word
terminal
-- what cannot be waited for
cannot use the stream: it is always ready, as plain files are; read it with fread()
cannot use the stream: one of type MEMORY has nothing that could be waited for
cannot use the stream: it is no TCP or unix stream
cannot use the stream: it has filters, which are PHP's
array(0) {
}
