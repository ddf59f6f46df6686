--TEST--
Websocket: first bytes of outgoing frames
--FILE--
<?php
use Workerman\Protocols\Websocket;

echo bin2hex(Websocket::BINARY_TYPE_BLOB . Websocket::BINARY_TYPE_ARRAYBUFFER), "\n";
echo bin2hex(Websocket::BINARY_TYPE_BLOB_DEFLATE . Websocket::BINARY_TYPE_ARRAYBUFFER_DEFLATE), "\n";
--EXPECT--
8182
c1c2
