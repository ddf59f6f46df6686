--TEST--
initStdOut() finds standard output; safeEcho() writes to a stream of the script and decorates where that takes it
--FILE--
<?php
class Probe extends Workerman\Worker
{
    public static function look(): void
    {
        self::initStdOut();
        var_dump(self::$outputStream === STDOUT, self::$outputDecorated);

        self::$outputStream = fopen('php://memory', 'w+');
        self::safeEcho("<n>a<w>b</w></n>", true);
        self::$outputDecorated = true;
        self::safeEcho("<w>c</w>", true);
        self::safeEcho("<w>d</w>");
        var_dump(addcslashes(stream_get_contents(self::$outputStream, offset: 0), "\33"));

        foreach (['no stream', fclose(self::$outputStream) ? self::$outputStream : null] as $stream) {
            self::$outputStream = $stream;
            try {
                self::initStdOut();
            } catch (RuntimeException $exception) {
                echo $exception->getMessage(), "\n";
            }
            var_dump(self::$outputStream === STDOUT);
        }
    }
}
Probe::look();
?>
--EXPECTF--
bool(true)
bool(false)
string(%d) "ab%s[47;30mc%s[0md"
The $outputStream must to be a stream, string given
bool(true)
The $outputStream must to be a stream, resource (closed) given
bool(true)
