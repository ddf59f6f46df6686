--TEST--
listen() refuses options that it does not know, and values that make no sense
--FILE--
<?php
use Workerman\Worker;

foreach ([
    ['limits' => ['head_sice' => 1]],
    ['limits' => ['head_size' => 'big']],
    ['limits' => ['head_size' => 1]],
    ['limits' => ['head_size' => 4096.5]],
    ['limits' => 4096],
    ['limits' => ['head_size' => null], 'mine' => ['anything' => 1], 'socket' => ['backlog' => 5]],
] as $context) {
    try {
        $worker = new Worker('http://127.0.0.1:0', $context);
        $worker->listen();
        echo "listens\n";
    } catch (RuntimeException $exception) {
        echo get_class($exception), ': ', preg_replace('/(those of limits are).*/', '$1 ...', $exception->getMessage()), "\n";
    }
}
--EXPECT--
RuntimeException: http://127.0.0.1:0: the option limits.head_sice is not known; those of limits are ...
RuntimeException: http://127.0.0.1:0: the option limits.head_size has to be an integer between 512 and 1048576, string given
RuntimeException: http://127.0.0.1:0: the option limits.head_size has to be an integer between 512 and 1048576, 1 given
RuntimeException: http://127.0.0.1:0: the option limits.head_size has to be an integer between 512 and 1048576, 4096.5 given
RuntimeException: http://127.0.0.1:0: the option limits has to be an array of options
listens
