--TEST--
A stream that is closed without being taken off is forgotten, also when a child process still has it
--FILE--
<?php
use Workerman\Events\Select;

$loop = new Select();
[$near, $far] = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
$calls = 0;
$loop->onReadable($near, function ($stream) use (&$calls): void {
    $calls++;
    fclose($stream);
});
// The child inherits the sockets, so that the kernel goes on reporting them.
$child = proc_open(['cat'], [['pipe', 'r'], ['pipe', 'w']], $pipes);
fwrite($far, 'never read');

// The number of the descriptor is used again, by a stream that is always writable.
$loop->delay(0.01, function () use ($loop, &$calls): void {
    [$new, $other] = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
    $loop->onWritable($new, function ($stream) use ($loop, &$calls, $other): void {
        echo "writable\n";
        $loop->offWritable($stream);
        $loop->delay(0.01, $loop->stop(...));
    });
});
$before = getrusage();
$loop->run();
$spent = (getrusage()['ru_utime.tv_sec'] - $before['ru_utime.tv_sec']);
var_dump($calls, $spent < 1);
fclose($pipes[0]);
proc_close($child);

// Its peer sees the close at once.
[$near, $far] = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
$loop->onReadable($near, fn () => null);
$loop->delay(0.01, function () use ($loop, $near, $far): void {
    fclose($near);
    var_dump(fread($far, 1), feof($far));
    $loop->stop();
});
$loop->run();
--EXPECT--
writable
int(1)
bool(true)
string(0) ""
bool(true)
