--TEST--
listen() refuses options that a protocol class in PHP would lose
--FILE--
<?php
use Workerman\Protocols\Http;
use Workerman\Protocols\Websocket;
use Workerman\Worker;

class Chat extends Websocket {}
class Api extends Http {}
class Sniffer
{
    public static function input(string $buffer): int
    {
        return 0;
    }
}

foreach ([
    [Chat::class, ['websocket' => ['origins' => ['https://example.com']]]],
    [Chat::class, ['limits' => ['frame_size' => 1000]]],
    [Chat::class, ['websocket' => ['ping_interval' => null], 'limits' => ['connections' => 5, 'control_frames' => 10, 'slow_consumer' => 1013]]],
    [Api::class, ['http' => ['header_timeout' => 5]]],
    [Api::class, ['limits' => ['uri_size' => 5]]],
    [Api::class, ['http' => ['compression' => true], 'limits' => ['queued_bytes' => 1 << 20]]],
    [Sniffer::class, ['websocket' => ['origins' => ['https://example.com']], 'http' => ['header_timeout' => 5]]],
    [Websocket::class, ['websocket' => ['origins' => ['https://example.com']]]],
] as [$class, $context]) {
    try {
        $worker = new Worker('tcp://127.0.0.1:0', $context);
        $worker->protocol = $class;
        $worker->listen();
        echo "$class listens\n";
    } catch (RuntimeException $exception) {
        echo $exception->getMessage(), "\n";
    }
}
--EXPECT--
tcp://127.0.0.1:0: the option websocket.origins is kept by the network, which leaves this worker's messages to the class Chat: use the class that it extends, or leave the option out
tcp://127.0.0.1:0: the option limits.frame_size is kept by the network, which leaves this worker's messages to the class Chat: use the class that it extends, or leave the option out
Chat listens
tcp://127.0.0.1:0: the option http.header_timeout is kept by the network, which leaves this worker's messages to the class Api: use the class that it extends, or leave the option out
tcp://127.0.0.1:0: the option limits.uri_size is kept by the network, which leaves this worker's messages to the class Api: use the class that it extends, or leave the option out
Api listens
Sniffer listens
Workerman\Protocols\Websocket listens
