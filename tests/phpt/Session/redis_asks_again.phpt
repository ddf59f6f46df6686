--TEST--
A lost connection to Redis is made anew by the handler, which gives the command again, and not by the extension
--EXTENSIONS--
igbinary
redis
--SKIPIF--
<?php
if (!defined('Redis::OPT_MAX_RETRIES')) {
    die('skip needs the extension redis, 5.3.5 or later');
}
?>
--FILE--
<?php
declare(strict_types=1);

use Workerman\Protocols\Http\Session\RedisSessionHandler;

$handler = new class (['host' => '127.0.0.1']) extends RedisSessionHandler {
    public array $commands = [];

    public function connectionTo(int $port): Redis
    {
        return $this->createRedisConnection(['port' => $port] + $this->config);
    }

    protected function connection(): Redis|RedisCluster
    {
        return $this->connection ??= new class ($this) extends Redis {
            public function __construct(private object $handler)
            {
            }

            public function get($key): mixed
            {
                $this->handler->commands[] = spl_object_id($this) . " get $key";
                return count($this->handler->commands) === 2 ? throw new RedisException('Connection lost') : 'data';
            }
        };
    }
};

$listener = stream_socket_server('tcp://127.0.0.1:0');
$port = (int) substr(strrchr(stream_socket_get_name($listener, false), ':'), 1);
var_dump($handler->connectionTo($port)->getOption(Redis::OPT_MAX_RETRIES));

var_dump($handler->read('a'), $handler->read('b'));
var_dump(count($handler->commands), count(array_unique($handler->commands)));
?>
--EXPECT--
int(0)
string(4) "data"
string(4) "data"
int(3)
int(3)
