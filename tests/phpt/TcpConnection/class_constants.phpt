--TEST--
Constants of connections
--FILE--
<?php
use Workerman\Connection\ConnectionInterface;
use Workerman\Connection\TcpConnection;

var_dump(ConnectionInterface::CONNECT_FAIL, TcpConnection::SEND_FAIL, TcpConnection::READ_BUFFER_SIZE);
echo json_encode(TcpConnection::STATUS_TO_STRING), "\n";
var_dump((new ReflectionClass(ConnectionInterface::class))->isAbstract());
--EXPECT--
int(1)
int(2)
int(87380)
{"0":"INITIAL","1":"CONNECTING","2":"ESTABLISHED","8":"CLOSING","4":"ENDING","16":"CLOSED"}
bool(true)
