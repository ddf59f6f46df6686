--TEST--
A subclass that redeclares $workers has workers of its own, as static:: has it
--FILE--
<?php
use Workerman\Worker;

class Own extends Worker
{
    protected static array $workers = [];
    protected static array $pidMap = [];

    public static function names(): array
    {
        return array_map(static fn(Worker $worker): string => $worker->getSocketName(), array_values(self::$workers));
    }
}

new Own('text://127.0.0.1:1');
new Worker('text://127.0.0.1:2');
echo json_encode(Own::names()), count(Worker::getAllWorkers()), "\n";
--EXPECT--
["text:\/\/127.0.0.1:1"]1
