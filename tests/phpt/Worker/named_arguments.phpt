--TEST--
Arguments may be named
--FILE--
<?php
use Workerman\Worker;

$worker = new Worker(socketContext: ['socket' => ['backlog' => 5]], socketName: 'text://127.0.0.1:2015');
var_dump($worker->getSocketName());
(new Worker())->listen(autoAccept: false);
Worker::safeEcho(decorated: false, msg: "<n>said\n</n>");
try {
    $worker->listen(unknown: true);
} catch (Error $error) {
    echo $error->getMessage(), "\n";
}
--EXPECT--
string(21) "text://127.0.0.1:2015"
said
Unknown named parameter $unknown
