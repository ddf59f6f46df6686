--TEST--
Request: get() translates encodings where php.ini says so, as parse_str() does
--EXTENSIONS--
mbstring
--INI--
mbstring.encoding_translation=1
input_encoding=ISO-8859-1
internal_encoding=UTF-8
--FILE--
<?php
use Workerman\Protocols\Http\Request;

$request = new Request("GET /?name=Andr\xe9&other=%e9 HTTP/1.1\r\n\r\n");
var_dump($request->get('name'), $request->get());
?>
--EXPECT--
string(6) "André"
array(2) {
  ["name"]=>
  string(6) "André"
  ["other"]=>
  string(2) "é"
}
