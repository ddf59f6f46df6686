--TEST--
Protected static methods answer a subclass as Workerman's do
--FILE--
<?php
class Probe extends Workerman\Worker
{
    public static function look(): void
    {
        self::$workers = [];
        $worker = new self('text://127.0.0.1:2001');
        $worker->count = 0;
        self::initId();
        $id = $worker->workerId;
        self::$idMap[$id] = [7, 0];
        self::$pidMap = [$id => [7 => 7, 9 => 9], 'other' => [3 => 3]];
        self::$uiLengthData = ['maxWorkerNameLength' => 50];
        var_dump($worker->count, self::getId($id, 7), self::getId($id, 0), self::getId($id, 1), self::getId('none', 0));
        var_dump(self::getAllWorkerPids() === [7 => 7, 9 => 9, 3 => 3]);
        var_dump(self::getErrorType(E_USER_WARNING), self::getErrorType(3), self::getSignalName(6), self::getSignalName(99));
        var_dump(self::getUiColumnLength('maxWorkerNameLength'), self::getUiColumnLength('no such'));
        var_dump(self::getSingleLineTotalLength() >= 7 * self::UI_SAFE_LENGTH + 50);
        var_dump(self::checkMasterIsAlive(0), self::checkMasterIsAlive(getmypid()), self::getCurrentUser() !== '');
        var_dump((new self())->parseSocketAddress(), $worker->parseSocketAddress(), $worker->protocol);
        self::$command = 'start  -d';
        var_dump(self::getArgv() === [$_SERVER['argv'][0], 'start', '-d']);
    }
}
Probe::$logFile = '/dev/null';
Probe::look();
?>
--EXPECTF--
int(1)
int(0)
int(1)
bool(false)
bool(false)
bool(true)
string(14) "E_USER_WARNING"
string(0) ""
string(6) "SIGIOT"
string(2) "99"
int(50)
int(0)
bool(true)
Master pid:%d is not alive
bool(false)
bool(false)
bool(true)
NULL
string(20) "tcp://127.0.0.1:2001"
string(24) "Workerman\Protocols\Text"
bool(true)
