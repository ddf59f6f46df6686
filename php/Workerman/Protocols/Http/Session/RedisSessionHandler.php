<?php

declare(strict_types=1);

namespace Workerman\Protocols\Http\Session;

use Redis;
use RedisCluster;
use RedisClusterException;
use RedisException;
use RuntimeException;
use stdClass;
use Throwable;
use Workerman\Coroutine\Context;
use Workerman\Coroutine\Pool;
use Workerman\Coroutine\Utils\DestructionWatcher;
use Workerman\Events\Fiber;
use Workerman\Protocols\Http\Session;
use Workerman\Worker;

/**
 * Keeps sessions in Redis, with the extension `redis`.
 *
 * A process has one connection: commands wait for their answers, so two could never be busy at once. It is made when it is needed, and
 * made anew when it is lost. With `pool` in the configuration and the package workerman/coroutine, or with a pool that a subclass has put into
 * {@see $pool}, each coroutine has a connection of the pool instead.
 */
class RedisSessionHandler implements SessionHandlerInterface
{
    private const POOLED = 'session.redis.connection';

    protected Redis|RedisCluster|null $connection = null;
    protected array $config;
    protected static ?Pool $pool = null;

    /**
     * @param array{host: string, port?: int, timeout?: int|float, auth?: mixed, database?: int, prefix?: string, pool?: array<string, mixed>} $config
     *   The timeout, of connecting and of each answer, is in seconds, 2 by default; the prefix of the keys is "redis_session_" by default.
     */
    public function __construct(array $config)
    {
        if (!extension_loaded('redis')) {
            throw new RuntimeException('Please install redis extension.');
        }
        $config['timeout'] ??= 2;
        $this->config = $config;
    }

    public function open(string $savePath, string $name): bool
    {
        return true;
    }

    public function read(string $sessionId): string|false
    {
        return $this->ask(static fn (Redis|RedisCluster $redis): mixed => $redis->get($sessionId));
    }

    public function write(string $sessionId, string $sessionData): bool
    {
        return $this->ask(
            static fn (Redis|RedisCluster $redis): mixed => $redis->setex($sessionId, Session::$lifetime, $sessionData),
        ) === true;
    }

    public function updateTimestamp(string $sessionId, string $data = ''): bool
    {
        return $this->ask(static fn (Redis|RedisCluster $redis): mixed => $redis->expire($sessionId, Session::$lifetime)) === true;
    }

    public function destroy(string $sessionId): bool
    {
        $this->ask(static fn (Redis|RedisCluster $redis): mixed => $redis->del($sessionId));
        return true;
    }

    public function close(): bool
    {
        return true;
    }

    /** Redis forgets by itself. */
    public function gc(int $maxLifetime): bool
    {
        return true;
    }

    /** Asks once more, over a new connection, when the old one is lost: a server closes those that are idle. */
    private function ask(callable $command): mixed
    {
        $isOld = $this->connection !== null || $this->pool() !== null;
        try {
            return $command($this->connection());
        } catch (RedisException | RedisClusterException $exception) {
            $this->lose();
            return $isOld ? $command($this->connection()) : throw $exception;
        }
    }

    protected function connection(): Redis|RedisCluster
    {
        $pool = $this->pool();
        if ($pool === null) {
            return $this->connection ??= $this->createRedisConnection($this->config);
        }
        return Context::get(self::POOLED) ?? self::take($pool);
    }

    /** Before PHP 8.4 no fiber can wait for a connection in a destructor, which is where sessions are saved. */
    private function pool(): ?Pool
    {
        if (Worker::$eventLoopClass === Fiber::class && PHP_VERSION_ID < 80400) {
            return null;
        }
        if (static::$pool === null && isset($this->config['pool']) && class_exists(Pool::class)) {
            static::$pool = new Pool($this->config['pool']['max_connections'] ?? 10, $this->config['pool']);
            static::$pool->setConnectionCreator(fn (): Redis|RedisCluster => $this->createRedisConnection($this->config));
            static::$pool->setConnectionCloser(static fn (Redis|RedisCluster $redis): mixed => $redis->close());
            static::$pool->setHeartbeatChecker(static fn (Redis|RedisCluster $redis): mixed => $redis->ping());
        }
        return static::$pool;
    }

    /** A connection of the pool, which goes back when the coroutine is over. */
    private static function take(Pool $pool): Redis|RedisCluster
    {
        $redis = $pool->get();
        Context::set(self::POOLED, $redis);
        $end = Context::get('context.onDestroy') ?? new stdClass();
        Context::set('context.onDestroy', $end);
        DestructionWatcher::watch($end, static function () use ($pool, $redis): void {
            try {
                $pool->put($redis);
            } catch (Throwable) {
                // It was lost, and is the pool's no longer.
            }
        });
        return $redis;
    }

    private function lose(): void
    {
        $this->connection = null;
        $pool = $this->pool();
        $redis = $pool === null ? null : Context::get(self::POOLED);
        if ($redis !== null) {
            Context::set(self::POOLED, null);
            $pool->closeConnection($redis);
        }
    }

    protected function createRedisConnection(array $config): Redis|RedisCluster
    {
        [$host, $port] = [$config['host'], $config['port'] ?? 6379];
        $redis = new Redis();
        // A server that says nothing must not hold the process up for as long as default_socket_timeout.
        if (!$redis->connect($host, $port, $config['timeout'], null, 0, $config['timeout'])) {
            throw new RuntimeException("Redis connect $host:$port fail.");
        }
        // The extension would make a lost connection anew between a command and its answer, and wait there for what nobody has asked. Where the connection is
        // lost, the command is given again, see ask().
        if (defined('Redis::OPT_MAX_RETRIES')) {
            $redis->setOption(Redis::OPT_MAX_RETRIES, 0);
        }
        if (!empty($config['auth'])) {
            $redis->auth($config['auth']);
        }
        if (!empty($config['database'])) {
            $redis->select((int) $config['database']);
        }
        $redis->setOption(Redis::OPT_PREFIX, ($config['prefix'] ?? '') ?: 'redis_session_');
        return $redis;
    }
}
