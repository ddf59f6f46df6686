--TEST--
Constants of the worker
--FILE--
<?php
use Workerman\Worker;

class Child extends Worker
{
    public const STATUS_STARTING = 99;
}

var_dump(Worker::VERSION, Worker::STATUS_RUNNING, Worker::DEFAULT_BACKLOG, Worker::ERROR_TYPE[E_WARNING]);
echo json_encode(Worker::BUILD_IN_TRANSPORTS), "\n";
var_dump(Child::STATUS_STARTING, Child::VERSION, (new ReflectionClassConstant(Worker::class, 'VERSION'))->isFinal());
--EXPECT--
string(5) "5.2.2"
int(2)
int(102400)
string(9) "E_WARNING"
{"tcp":"tcp","udp":"udp","unix":"unix","ssl":"tcp"}
int(99)
string(5) "5.2.2"
bool(true)
