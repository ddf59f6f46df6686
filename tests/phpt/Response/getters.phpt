--TEST--
What was set can be asked for
--FILE--
<?php
use Workerman\Protocols\Http\Response;

$response = new Response(200, ['A' => '1']);
var_dump($response->header('B', '2') === $response, $response->getHeaders(), $response->getHeader('A'), $response->getHeader('nope'));
var_dump($response->withoutHeader('A')->getHeaders(), $response->getStatusCode(), $response->getReasonPhrase());
var_dump($response->withStatus(404)->getStatusCode(), $response->withBody('b')->rawBody());
--EXPECT--
bool(true)
array(2) {
  ["A"]=>
  string(1) "1"
  ["B"]=>
  string(1) "2"
}
string(1) "1"
NULL
array(1) {
  ["B"]=>
  string(1) "2"
}
int(200)
NULL
int(404)
string(1) "b"
