--TEST--
Values are set, read and deleted, and the session is written when it ends
--FILE--
<?php
use Workerman\Protocols\Http\Session;
use Workerman\Protocols\Http\Session\FileSessionHandler;

class Recorder extends FileSessionHandler
{
    public function read(string $sessionId): string|false
    {
        echo "read $sessionId\n";
        return $sessionId === 'known' ? serialize(['a' => 1, 'none' => null]) : false;
    }

    public function write(string $sessionId, string $sessionData): bool
    {
        echo "write $sessionId $sessionData\n";
        return true;
    }

    public function destroy(string $sessionId): bool
    {
        echo "destroy $sessionId\n";
        return true;
    }

    public function updateTimestamp(string $sessionId, string $data = ''): bool
    {
        echo "touch $sessionId\n";
        return true;
    }

    public function gc(int $maxLifetime): bool
    {
        echo "gc $maxLifetime\n";
        return true;
    }
}

var_dump(Session::handlerClass());
Session::handlerClass(Recorder::class);
Session::$gcProbability = [0, 1];

$session = new Session('known');
echo json_encode([$session->getId(), $session->all(), $session->get('a'), $session->get('b', 'default')]), "\n";
echo json_encode([$session->has('none'), $session->exists('none'), $session->exists('b')]), "\n";
unset($session);

echo "changed\n";
$session = new Session('known');
$session->set('b', [2]);
$session->put(['c' => 3, 'd' => 4]);
$session->put('e', 5);
echo json_encode([$session->pull('c'), $session->pull('c', 'gone')]), "\n";
$session->forget('a');
$session->forget(['d', 'none']);
$session->delete('nothing');
unset($session);

echo "emptied\n";
$session = new Session('known');
$session->flush();
$session->save();
unset($session);

echo "kept alive\n";
Session::$autoUpdateTimestamp = true;
Session::$gcProbability = [1, 1];
Session::$lifetime = 60;
new Session('other');
?>
--EXPECT--
string(51) "Workerman\Protocols\Http\Session\FileSessionHandler"
read known
["known",{"a":1,"none":null},1,"default"]
[false,true,false]
changed
read known
[3,"gone"]
write known a:2:{s:1:"b";a:1:{i:0;i:2;}s:1:"e";i:5;}
emptied
read known
destroy known
kept alive
read other
touch other
gc 60
