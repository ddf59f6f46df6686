--TEST--
A stream is reported for as long as it is ready
--FILE--
<?php
use Workerman\Events\Select;

$loop = new Select();
[$near, $far] = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
fwrite($far, "line 1\nline 2\nline 3\n");

// fgets() takes one line, and leaves the others in PHP's buffer.
$loop->onReadable($near, fn () => print "replaced\n");
$loop->onReadable($near, function ($stream) use ($loop, $near, $far): void {
    static $lines = 0;
    echo fgets($stream);
    if (++$lines === 3) {
        var_dump($stream === $near, $loop->offReadable($stream), $loop->offReadable($stream));
        $loop->onWritable($far, function ($stream) use ($loop): void {
            echo "writable\n";
            $loop->offWritable($stream);
            $loop->delay(0, $loop->stop(...));
        });
    }
});
$loop->run();

// A byte at a time, and then the end.
fwrite($far, 'abc');
fclose($far);
$loop->onReadable($near, function ($stream) use ($loop): void {
    stream_set_read_buffer($stream, 0);
    $byte = fread($stream, 1);
    var_dump($byte);
    if ($byte === '') {
        $loop->stop();
    }
});
$loop->run();
--EXPECT--
line 1
line 2
line 3
bool(true)
bool(true)
bool(false)
writable
string(1) "a"
string(1) "b"
string(1) "c"
string(0) ""
