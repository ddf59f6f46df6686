--TEST--
A protected method of a Worker subclass may be a callback
--FILE--
<?php
use Workerman\Worker;

class Business extends Worker
{
    public function begin(): void
    {
        $this->onWorkerStart = [$this, 'started'];
        $this->onWorkerStop = [$this, 'stopped'];
    }

    protected function started(): void
    {
        echo "started\n";
        // The master stops everything.
        exec('kill -INT ' . self::$masterPid);
    }

    protected function stopped(): void
    {
        echo "stopped\n";
    }
}

$folder = sys_get_temp_dir() . '/ouvrier-phpt-' . getmypid();
Worker::$pidFile = "$folder.pid";
Worker::$logFile = "$folder.log";
Worker::$statusFile = "$folder.status";
register_shutdown_function(static fn() => @unlink("$folder.log"));
Worker::$command = 'start -q';
(new Business())->begin();
Worker::runAll();
--EXPECTREGEX--
.*started\n.*stopped\n.*has been stopped.*
