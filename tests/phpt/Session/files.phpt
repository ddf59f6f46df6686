--TEST--
Sessions in files: nobody else may read them, old ones are forgotten, links are not followed
--FILE--
<?php
use Workerman\Protocols\Http\Session;
use Workerman\Protocols\Http\Session\FileSessionHandler;

$folder = __DIR__ . '/files.' . getmypid();
var_dump(FileSessionHandler::sessionSavePath("$folder/deep") === "$folder/deep/", is_dir("$folder/deep"));
$handler = new FileSessionHandler(['save_path' => $folder]);
$id = str_repeat('a', 32);
$file = "$folder/session_$id";

umask(0);
var_dump($handler->read($id), $handler->write($id, 'data'), $handler->read($id));
printf("%o\n", fileperms($file) & 0o777);
var_dump($handler->write($id, 'more'), $handler->read($id), count(glob("$folder/*a*")));

echo "too old\n";
touch($file, time() - Session::$lifetime - 10);
var_dump($handler->read($id), is_file($file));

echo "refreshed\n";
var_dump($handler->updateTimestamp($id), $handler->write($id, 'data'));
touch($file, time() - 100);
var_dump($handler->updateTimestamp($id));
clearstatcache();
var_dump(time() - filemtime($file) < 100);

echo "cleaned up\n";
touch($file, time() - 100);
$handler->write(str_repeat('b', 32), 'young');
$handler->gc(50);
var_dump(is_file($file), $handler->read(str_repeat('b', 32)), $handler->destroy(str_repeat('b', 32)));

echo "links\n";
file_put_contents("$folder/elsewhere", 'not a session');
symlink("$folder/elsewhere", $file);
var_dump($handler->read($id), $handler->updateTimestamp($id), $handler->write($id, 'data'));
var_dump(is_link($file), file_get_contents("$folder/elsewhere"));
$handler->destroy($id);

foreach (['../elsewhere', "a\0b", '..\\x'] as $path) {
    foreach (['read', 'destroy', 'updateTimestamp'] as $method) {
        try {
            $handler->$method($path);
        } catch (InvalidArgumentException $exception) {
            echo "$method: {$exception->getMessage()}\n";
        }
    }
}
array_map(unlink(...), array_filter(glob("$folder/*"), is_file(...)));
rmdir("$folder/deep");
var_dump(rmdir($folder));
?>
--EXPECT--
bool(true)
bool(true)
bool(false)
bool(true)
string(4) "data"
600
bool(true)
string(4) "more"
int(1)
too old
bool(false)
bool(false)
refreshed
bool(false)
bool(true)
bool(true)
bool(true)
cleaned up
bool(false)
string(5) "young"
bool(true)
links
bool(false)
bool(false)
bool(true)
bool(false)
string(13) "not a session"
read: a session id must not contain "/", "\" or a zero byte
destroy: a session id must not contain "/", "\" or a zero byte
updateTimestamp: a session id must not contain "/", "\" or a zero byte
read: a session id must not contain "/", "\" or a zero byte
destroy: a session id must not contain "/", "\" or a zero byte
updateTimestamp: a session id must not contain "/", "\" or a zero byte
read: a session id must not contain "/", "\" or a zero byte
destroy: a session id must not contain "/", "\" or a zero byte
updateTimestamp: a session id must not contain "/", "\" or a zero byte
bool(true)
