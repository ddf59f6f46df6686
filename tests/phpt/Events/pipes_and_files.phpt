--TEST--
Pipes of processes and plain files are streams to wait for; a stream without a descriptor is refused
--FILE--
<?php
use Workerman\Events\Select;

$loop = new Select();
$process = proc_open('read line; echo "$line to you"', [['pipe', 'r'], ['pipe', 'w']], $pipes);
$loop->onWritable($pipes[0], function ($stream) use ($loop): void {
    fwrite($stream, "hello\n");
    $loop->offWritable($stream);
});
$loop->onReadable($pipes[1], function ($stream) use ($loop): void {
    $text = fread($stream, 100);
    echo $text === '' ? "end\n" : $text;
    if ($text === '') {
        $loop->offReadable($stream);
        $loop->stop();
    }
});
$loop->run();

$loop->onReadable(fopen(__FILE__, 'r'), function ($stream) use ($loop): void {
    echo fgets($stream);
    $loop->stop();
});
$loop->run();

$closed = fopen(__FILE__, 'r');
fclose($closed);
foreach ([fopen('php://memory', 'r'), $closed, 'no stream'] as $stream) {
    try {
        $loop->onReadable($stream, fn () => null);
    } catch (Error $error) {
        echo $error::class, ': ', $error->getMessage(), "\n";
    }
}
var_dump($loop->offReadable($closed), $loop->offWritable('no stream'));
--EXPECT--
hello to you
end
<?php
ValueError: Cannot represent a stream of type MEMORY as a select()able descriptor
TypeError: Argument #1 ($stream) must be an open stream resource
TypeError: Argument #1 ($stream) must be an open stream resource
bool(false)
bool(false)
