--TEST--
A subclass calls the methods that guard the send buffer, and overrides them: they are called when something has to wait
--FILE--
<?php
use Workerman\Connection\TcpConnection;
use Workerman\Events\Select;

const LARGE = 4 << 20;

class Open extends TcpConnection
{
    public function isFull(): bool
    {
        return $this->bufferIsFull();
    }

    public function check(): void
    {
        $this->checkBufferWillFull();
    }

    public function shutDown(): bool
    {
        $this->endMaybeShutdownWrite();
        return $this->endWriteShutdown;
    }
}

class Own extends TcpConnection
{
    public bool $refuses = false;
    public array $calls = [];

    protected function bufferIsFull(): bool
    {
        $this->calls[] = 'is it full?';
        return $this->refuses;
    }

    protected function checkBufferWillFull(): void
    {
        $this->calls[] = 'will it be full? ' . ($this->getSendBufferQueueSize() > $this->maxSendBufferSize ? 'yes' : 'no');
        parent::checkBufferWillFull();
    }

    protected function endMaybeShutdownWrite(): void
    {
        $this->calls[] = 'shut down? ' . ($this->bufferIsEmpty() ? 'yes' : 'no');
        parent::endMaybeShutdownWrite();
        $this->calls[] = $this->endWriteShutdown ? 'shut' : 'open';
    }
}

function connect(string $class, Select $loop): array
{
    [$near, $far] = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
    $connection = new $class($loop, $near);
    $connection->maxSendBufferSize = 1000;
    $connection->onBufferFull = static function (): void {
        echo "onBufferFull\n";
    };
    $connection->onError = static function (TcpConnection $connection, int $code, string $message): void {
        echo "onError $code: $message\n";
    };
    $connection->onClose = static function () use ($loop): void {
        echo "onClose\n";
        $loop->stop();
    };
    return [$connection, $far];
}

/** Reads everything, and closes. */
function drain(Select $loop, $far): int
{
    $count = 0;
    stream_set_blocking($far, false);
    $loop->onReadable($far, static function ($far) use ($loop, &$count): void {
        $bytes = (string) fread($far, 1 << 16);
        $count += strlen($bytes);
        if ($bytes === '') {
            $loop->offReadable($far);
            fclose($far);
        }
    });
    $loop->run();
    return $count + (is_resource($far) ? strlen(stream_get_contents($far)) : 0);
}

echo "called\n";
$loop = new Select();
[$connection, $far] = connect(Open::class, $loop);
var_dump($connection->isFull(), $connection->check(), $connection->shutDown());
var_dump($connection->send(str_repeat('x', LARGE)));
var_dump($connection->isFull(), $connection->check(), $connection->send('dropped'));
$connection->end();
var_dump($connection->shutDown());
var_dump(drain($loop, $far) === LARGE);

echo "overridden\n";
$loop = new Select();
[$connection, $far] = connect(Own::class, $loop);
$failed = TcpConnection::$statistics['send_fail'];
var_dump($connection->send('small'), $connection->send(str_repeat('x', LARGE)), $connection->send('more'));
$connection->refuses = true;
var_dump($connection->send('refused'), TcpConnection::$statistics['send_fail'] - $failed);
$connection->refuses = false;
var_dump($connection->end('last'));
echo json_encode($connection->calls), "\n";
$connection->calls = [];
var_dump(drain($loop, $far) - LARGE);
echo json_encode($connection->calls), "\n";

echo "nothing waits\n";
$loop = new Select();
[$connection, $far] = connect(Own::class, $loop);
$connection->lingerTimeout = 0;
$loop->delay(0, static function () use ($connection): void {
    $connection->end('bye');
    echo json_encode($connection->calls), "\n";
});
var_dump(drain($loop, $far));
--EXPECT--
called
bool(false)
NULL
bool(false)
onBufferFull
NULL
onError 2: send buffer full and drop package
onBufferFull
onError 2: send buffer full and drop package
bool(true)
NULL
bool(false)
bool(false)
onClose
bool(true)
overridden
onBufferFull
onBufferFull
bool(true)
NULL
NULL
bool(false)
int(1)
onBufferFull
NULL
["will it be full? yes","is it full?","will it be full? yes","is it full?","is it full?","will it be full? yes"]
onClose
int(13)
["shut down? yes","shut"]
nothing waits
["shut down? yes","shut"]
onClose
int(3)
