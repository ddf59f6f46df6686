<?php

declare(strict_types=1);

namespace Workerman\Protocols\Http\Session;

use Redis;
use RedisCluster;
use RedisClusterException;
use RedisException;
use RuntimeException;
use Workerman\Protocols\Http\Session;

/**
 * Keeps sessions in Redis, with the extension `redis`.
 *
 * A process has one connection: commands wait for their answers, so two could never be busy at once. It is made when it is needed, and
 * made anew when it is lost.
 */
class RedisSessionHandler implements SessionHandlerInterface
{
    protected Redis|RedisCluster|null $connection = null;
    protected array $config;

    /**
     * @param array{host: string, port?: int, timeout?: int|float, auth?: mixed, database?: int, prefix?: string} $config
     *   The timeout is in seconds, 2 by default; the prefix of the keys is "redis_session_" by default.
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
        $isOld = $this->connection !== null;
        try {
            return $command($this->connection());
        } catch (RedisException | RedisClusterException $exception) {
            $this->connection = null;
            return $isOld ? $command($this->connection()) : throw $exception;
        }
    }

    protected function connection(): Redis|RedisCluster
    {
        return $this->connection ??= $this->createRedisConnection($this->config);
    }

    protected function createRedisConnection(array $config): Redis|RedisCluster
    {
        [$host, $port] = [$config['host'], $config['port'] ?? 6379];
        $redis = new Redis();
        if (!$redis->connect($host, $port, $config['timeout'])) {
            throw new RuntimeException("Redis connect $host:$port fail.");
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
