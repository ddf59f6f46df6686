--TEST--
Unknown properties are kept, absent ones are null
--FILE--
<?php
use Workerman\Protocols\Http\Request;

$request = new Request("GET / HTTP/1.1\r\n\r\n");
$request->user = ['id' => 5];
var_dump($request->user, $request->nothing, isset($request->user), isset($request->nothing), $request->properties);
unset($request->user);
var_dump(isset($request->user));
--EXPECT--
array(1) {
  ["id"]=>
  int(5)
}
NULL
bool(true)
bool(false)
array(1) {
  ["user"]=>
  array(1) {
    ["id"]=>
    int(5)
  }
}
bool(false)
