--TEST--
Frame: a 32-bit length that counts itself
--FILE--
<?php
use Workerman\Protocols\Frame;

var_dump(bin2hex(Frame::encode("a\0b")), bin2hex(Frame::decode("\0\0\0\7a\0b")));
var_dump(Frame::input("\0\0\0"), Frame::input("\0\0\0\7a"), Frame::input("\0\0\0\7a\0b and more"));
--EXPECT--
string(14) "00000007610062"
string(6) "610062"
int(0)
int(7)
int(7)
