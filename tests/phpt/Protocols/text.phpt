--TEST--
Text: a line feed ends a message
--FILE--
<?php
use Workerman\Protocols\Text;

var_dump(Text::encode('hello'), Text::decode("hello\r\n"), Text::encode("\0\xFF") === "\0\xFF\n");
var_dump(Text::encode('surplus', 'ignored'), Text::encode(42));
try {
    Text::encode([]);
} catch (TypeError) {
    echo "TypeError\n";
}
--EXPECT--
string(6) "hello
"
string(5) "hello"
bool(true)
string(8) "surplus
"
string(3) "42
"
TypeError
