--TEST--
Names that are no UTF-8 are found under the bytes they were sent in
--FILE--
<?php
use Workerman\Protocols\Http\Request;
use Workerman\Protocols\Http\Response;

$request = new Request("GET /?\xe9=1 HTTP/1.1\r\nHost: h\xe9\r\nCookie: \xe9=2; 7=3\r\n\r\n");
var_dump($request->get("\xe9"), $request->cookie("\xe9"), $request->cookie('7'), $request->host() === "h\xe9");
$request->{"\xe9"} = 4;
var_dump(isset($request->{"\xe9"}), $request->{"\xe9"});
unset($request->{"\xe9"});
var_dump(isset($request->{"\xe9"}));
$response = new Response(200, ["X-\xff" => 'a']);
var_dump($response->getHeader("X-\xff"), str_contains((string) $response, "X-\xff: a\r\n"));
--EXPECT--
string(1) "1"
string(1) "2"
string(1) "3"
bool(true)
bool(true)
int(4)
bool(false)
string(1) "a"
bool(true)
