--TEST--
Static properties are shared both ways
--FILE--
<?php
use Workerman\Connection\ConnectionInterface;
use Workerman\Connection\TcpConnection;
use Workerman\Worker;

TcpConnection::$statistics['total_request']++;
ConnectionInterface::$statistics['total_request']++;
TcpConnection::$connections[5] = 'five';
Worker::$logFile = '/nowhere/log';
$name = 'stopTimeout';
Worker::${$name} = 7;
var_dump(ConnectionInterface::$statistics['total_request'], TcpConnection::$connections[5], Worker::$logFile, Worker::$stopTimeout);
--EXPECT--
int(2)
string(4) "five"
string(12) "/nowhere/log"
int(7)
