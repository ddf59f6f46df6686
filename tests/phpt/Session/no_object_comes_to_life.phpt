--TEST--
What is stored brings no object to life, and what is none is no session
--FILE--
<?php
use Workerman\Protocols\Http\Session;
use Workerman\Protocols\Http\Session\FileSessionHandler;

class Trap
{
    public function __wakeup(): void
    {
        echo "trapped\n";
    }
}

class Stored extends FileSessionHandler
{
    public static string $data;

    public function read(string $sessionId): string|false
    {
        return self::$data;
    }
}

Session::handlerClass(Stored::class);
Stored::$data = serialize(['trap' => new Trap()]);
var_dump(get_class((new Session('id'))->get('trap')));
Stored::$data = serialize('no array');
var_dump((new Session('id'))->all());

$copy = unserialize(serialize(new Session('id')));
var_dump($copy->has('anything'));
?>
--EXPECT--
string(22) "__PHP_Incomplete_Class"
array(0) {
}
bool(false)
