--TEST--
A subclass writes the parsed data
--FILE--
<?php
use Workerman\Protocols\Http\Request;

class Editable extends Request
{
    public function set(string $kind, string $name, string $value): void
    {
        $this->data[$kind][$name] = $value;
    }
}

$request = new Editable("GET /?a=1 HTTP/1.1\r\nHost: a\r\n\r\n");
var_dump($request->get('a'), $request->header('host'));
$request->set('get', 'a', 'changed');
$request->set('headers', 'x-new', 'yes');
var_dump($request->get('a'), $request->header('x-new'), $request->header('host'));
--EXPECT--
string(1) "1"
string(1) "a"
string(7) "changed"
string(3) "yes"
string(1) "a"
