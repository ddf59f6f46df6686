--TEST--
disable_functions does not change what the classes do
--INI--
disable_functions=array_merge_recursive,rawurlencode,json_decode,json_encode,date,php_sapi_name,debug_backtrace,time
--FILE--
<?php
use Workerman\Protocols\Http\Request;
use Workerman\Protocols\Http\Response;

$response = (new Response(200, ['A' => '1', 'B' => '1']))->withHeaders(['A' => '2', 'C' => ['3', '4']])->withHeaders(['C' => '5']);
var_export($response->getHeaders());
echo "\n", $response->cookie('k', "a b/ü")->getHeader('Set-Cookie')[0], "\n";
$request = new Request("POST / HTTP/1.1\r\nContent-Type: application/json\r\n\r\n" . '{"a":{"b":[1,2]}}');
var_export($request->post());
--EXPECT--
array (
  'A' => 
  array (
    0 => '1',
    1 => '2',
  ),
  'B' => '1',
  'C' => 
  array (
    0 => '3',
    1 => '4',
    2 => '5',
  ),
)
k=a%20b%2F%C3%BC
array (
  'a' => 
  array (
    'b' => 
    array (
      0 => 1,
      1 => 2,
    ),
  ),
)
