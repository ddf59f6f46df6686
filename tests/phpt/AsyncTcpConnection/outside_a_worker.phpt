--TEST--
Without an event loop a client can be made, but not connected
--FILE--
<?php

use Workerman\Connection\AsyncTcpConnection;

$client = new AsyncTcpConnection('Text://example.org:5678/path?query');
var_dump($client->protocol, $client->getRemoteHost(), $client->getRemoteURI(), $client->getRemoteAddress());
var_dump($client->getRemoteIp(), $client->getRemotePort(), $client->getStatus(false), $client->send('waits'));
try {
    $client->connect();
} catch (TypeError $error) {
    echo $error->getMessage(), "\n";
}
$client->onClose = fn ($client) => print('closed ' . $client->getStatus(false) . "\n");
$client->close();

$secure = new AsyncTcpConnection('wss://example.org');
var_dump($secure->protocol, $secure->transport);

?>
--EXPECT--
string(25) "\Workerman\Protocols\Text"
string(11) "example.org"
string(11) "/path?query"
string(16) "example.org:5678"
string(11) "example.org"
int(5678)
string(7) "INITIAL"
NULL
Workerman\Worker::getEventLoop(): Return value must be of type Workerman\Events\EventInterface, null returned
closed CLOSED
string(23) "\Workerman\Protocols\Ws"
string(3) "ssl"
