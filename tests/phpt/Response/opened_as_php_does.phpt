--TEST--
A file is opened as PHP does, with its limits and its wrappers, and a pipe holds nobody up
--EXTENSIONS--
posix
--FILE--
<?php
use Workerman\Protocols\Http\Response;

final class Replacement
{
    public $context;
    private bool $isRead = false;

    public function stream_open(): bool
    {
        return true;
    }

    public function stream_read(): string
    {
        $content = $this->isRead ? '' : 'replaced';
        $this->isRead = true;
        return $content;
    }

    public function stream_cast(): bool
    {
        return false;
    }

    public function stream_eof(): bool
    {
        return $this->isRead;
    }

    public function stream_stat(): array
    {
        return [];
    }

    public function url_stat(): array
    {
        return ['mode' => 0100644];
    }
}

$folder = sys_get_temp_dir() . '/opened_as_php_does.' . getmypid();
mkdir($folder);
mkdir("$folder/inner");
touch("$folder/page.html", 784111777);
posix_mkfifo("$folder/pipe.html", 0600);

function modified(string $path): string
{
    $response = new Response();
    $response->file = ['file' => $path, 'offset' => 0, 'length' => 0];
    return preg_match('/^Last-Modified: (.*)\r$/m', (string) $response, $found) ? $found[1] : 'unknown';
}

var_dump(modified("$folder/page.html"), modified("file://$folder/page.html"));
chdir($folder);
var_dump(modified('page.html'), modified('pipe.html'), modified('inner'));

stream_wrapper_unregister('file');
stream_wrapper_register('file', Replacement::class);
var_dump(modified("$folder/page.html"));
stream_wrapper_restore('file');

set_error_handler(static fn (int $level, string $message) => print("$message\n"));
ini_set('open_basedir', "$folder/inner");
$refused = modified("$folder/page.html");
restore_error_handler();
var_dump($refused);
?>
--CLEAN--
<?php
foreach (glob(sys_get_temp_dir() . '/opened_as_php_does.*') as $folder) {
    unlink("$folder/page.html");
    unlink("$folder/pipe.html");
    rmdir("$folder/inner");
    rmdir($folder);
}
?>
--EXPECTF--
string(29) "Sun, 06 Nov 1994 08:49:37 GMT"
string(29) "Sun, 06 Nov 1994 08:49:37 GMT"
string(29) "Sun, 06 Nov 1994 08:49:37 GMT"
string(7) "unknown"
string(7) "unknown"
string(7) "unknown"
%Sopen_basedir restriction in effect. File(%spage.html) is not within the allowed path(s): (%s)
string(7) "unknown"
