--TEST--
A client refuses addresses that make no sense, and needs an event loop to connect
--FILE--
<?php
use Workerman\Connection\AsyncUdpConnection;

foreach (['127.0.0.1:9', 'udp://127.0.0.1', 'no such://127.0.0.1:9', 'nosuch://127.0.0.1:9'] as $address) {
    try {
        new AsyncUdpConnection($address);
    } catch (RuntimeException $exception) {
        echo $exception->getMessage(), "\n";
    }
}
$client = new AsyncUdpConnection('text://127.0.0.1:9', ['socket' => ['so_broadcast' => true]]);
var_dump($client->protocol, $client->getRemoteAddress());
try {
    $client->send('hello');
} catch (TypeError $exception) {
    echo $exception->getMessage(), "\n";
}
--EXPECT--
Bad remoteAddress
Bad remoteAddress
Invalid protocol scheme 'no such'
class \Protocols\Nosuch not exist
string(25) "\Workerman\Protocols\Text"
string(11) "127.0.0.1:9"
Workerman\Worker::getEventLoop(): Return value must be of type Workerman\Events\EventInterface, null returned
