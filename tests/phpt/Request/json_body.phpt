--TEST--
A JSON body is parsed into post()
--FILE--
<?php
use Workerman\Protocols\Http\Request;

$request = new Request("POST / HTTP/1.1\r\nContent-Type: application/json\r\n\r\n{\"a\":{\"b\":1}}");
var_dump($request->post('a'), $request->post('nope', 'default'));
--EXPECT--
array(1) {
  ["b"]=>
  int(1)
}
string(7) "default"
