--TEST--
php.ini may filter queries, and set what separates their fields
--INI--
filter.default=special_chars
arg_separator.input=";"
display_startup_errors=0
--FILE--
<?php
use Workerman\Protocols\Http\Request;

$request = new Request("GET /?a=<b>;c=1&2 HTTP/1.1\r\nHost: a\r\n\r\n");
parse_str('a=<b>;c=1&2', $expected);
var_dump($request->get() === $expected, $request->get());
--EXPECTF--
%Abool(true)
array(2) {
  ["a"]=>
  string(11) "&#60;b&#62;"
  ["c"]=>
  string(7) "1&#38;2"
}
