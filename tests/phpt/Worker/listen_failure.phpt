--TEST--
listen() throws the system's message, with the address
--FILE--
<?php
use Workerman\Worker;

foreach (['tcp://192.0.2.1:9', 'unix:///nowhere/at/all.sock', 'nosuch://127.0.0.1:0'] as $address) {
    try {
        @(new Worker($address))->listen();
    } catch (RuntimeException $exception) {
        echo get_class($exception), ': ', $exception->getMessage(), "\n";
    }
}
--EXPECT--
RuntimeException: Cannot assign requested address: tcp://192.0.2.1:9
RuntimeException: No such file or directory: unix:///nowhere/at/all.sock
RuntimeException: class \Protocols\Nosuch not exist
