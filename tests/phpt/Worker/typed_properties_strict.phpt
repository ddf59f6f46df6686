--TEST--
Typed properties do not coerce in a strict script
--FILE--
<?php
declare(strict_types=1);

use Workerman\Worker;

$worker = new Worker();
try {
    $worker->count = "4";
} catch (TypeError $error) {
    echo $error->getMessage(), "\n";
}
try {
    new Worker(8080);
} catch (TypeError $error) {
    echo get_class($error), "\n";
}
--EXPECT--
Cannot assign string to property Workerman\Worker::$count of type int
TypeError
