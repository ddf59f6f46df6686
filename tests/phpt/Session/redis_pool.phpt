--TEST--
RedisSessionHandler takes its connections from the pool, where there is one
--EXTENSIONS--
igbinary
redis
--FILE--
<?php
// What stands in for the package workerman/coroutine.
namespace Workerman\Coroutine {
    class Pool
    {
        public array $log = [];
        private $creator;
        private array $idle = [];

        public function __construct(public int $most = 1, public array $config = [])
        {
        }

        public function setConnectionCreator(callable $creator): static
        {
            $this->creator = $creator;
            return $this;
        }

        public function setConnectionCloser(callable $closer): static
        {
            return $this;
        }

        public function setHeartbeatChecker(callable $checker): static
        {
            return $this;
        }

        public function get(): object
        {
            $this->log[] = 'get';
            return array_pop($this->idle) ?? ($this->creator)();
        }

        public function put(object $connection): void
        {
            $this->log[] = 'put';
            $this->idle[] = $connection;
        }

        public function closeConnection(object $connection): void
        {
            $this->log[] = 'close';
        }
    }

    class Context
    {
        public static array $values = [];

        public static function get(string $name): mixed
        {
            return self::$values[$name] ?? null;
        }

        public static function set(string $name, mixed $value): void
        {
            self::$values[$name] = $value;
        }
    }
}

namespace Workerman\Coroutine\Utils {
    class DestructionWatcher
    {
        private static \WeakMap $ends;

        /** @var list<\Closure> */
        private array $callbacks = [];

        public function __destruct()
        {
            foreach ($this->callbacks as $callback) {
                $callback();
            }
        }

        public static function watch(object $object, \Closure $callback): void
        {
            self::$ends ??= new \WeakMap();
            self::$ends[$object] ??= new self();
            self::$ends[$object]->callbacks[] = $callback;
        }
    }
}

namespace {
    use Workerman\Coroutine\Context;
    use Workerman\Coroutine\Pool;
    use Workerman\Protocols\Http\Session\RedisClusterSessionHandler;
    use Workerman\Protocols\Http\Session\RedisSessionHandler;

    class Memory extends Redis
    {
        public static int $made = 0;
        public static bool $fails = false;

        public function __construct()
        {
            ++self::$made;
        }

        public function get($key): mixed
        {
            return self::$fails && !(self::$fails = false) ? throw new RedisException('lost') : "of $key";
        }
    }

    class Handler extends RedisSessionHandler
    {
        protected function createRedisConnection(array $config): Redis|RedisCluster
        {
            return new Memory();
        }

        public static function pool(?Pool $pool = null): ?Pool
        {
            return static::$pool = $pool ?? static::$pool;
        }
    }

    echo "no pool\n";
    $handler = new Handler([]);
    var_dump($handler->read('a'), $handler->read('b'), Memory::$made, Handler::pool());

    echo "a pool of the configuration\n";
    $handler = new Handler(['pool' => ['max_connections' => 3]]);
    var_dump($handler->read('a'), $handler->read('b'), Memory::$made);
    var_dump(Handler::pool()->most, Handler::pool()->config, Handler::pool()->log);

    echo "the coroutine is over\n";
    Context::$values = [];
    var_dump($handler->read('c'), Memory::$made, Handler::pool()->log);

    echo "a lost connection\n";
    Memory::$fails = true;
    var_dump($handler->read('d'), Memory::$made, Handler::pool()->log);

    echo "a pool of the subclass\n";
    Context::$values = [];
    Handler::pool((new Pool())->setConnectionCreator(static fn (): Memory => new Memory()));
    var_dump((new Handler([]))->read('e'), Handler::pool()->log);

    $property = new ReflectionProperty(RedisClusterSessionHandler::class, 'pool');
    var_dump((string) $property->getType(), $property->isProtected(), $property->isStatic(), $property->getValue() === Handler::pool());
}
--EXPECT--
no pool
string(4) "of a"
string(4) "of b"
int(1)
NULL
a pool of the configuration
string(4) "of a"
string(4) "of b"
int(2)
int(3)
array(1) {
  ["max_connections"]=>
  int(3)
}
array(1) {
  [0]=>
  string(3) "get"
}
the coroutine is over
string(4) "of c"
int(2)
array(3) {
  [0]=>
  string(3) "get"
  [1]=>
  string(3) "put"
  [2]=>
  string(3) "get"
}
a lost connection
string(4) "of d"
int(3)
array(5) {
  [0]=>
  string(3) "get"
  [1]=>
  string(3) "put"
  [2]=>
  string(3) "get"
  [3]=>
  string(5) "close"
  [4]=>
  string(3) "get"
}
a pool of the subclass
string(4) "of e"
array(1) {
  [0]=>
  string(3) "get"
}
string(25) "?Workerman\Coroutine\Pool"
bool(true)
bool(true)
bool(true)
