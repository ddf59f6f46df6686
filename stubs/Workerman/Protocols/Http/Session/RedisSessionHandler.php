<?php

// Generated from the extension by `make stubs`.

namespace Workerman\Protocols\Http\Session;

/**
 * Keeps sessions in Redis, with the extension `redis`.
 *
 * A process has one connection: commands wait for their answers, so two could never be busy at once. It is made when it is needed, and
 * made anew when it is lost. With `pool` in the configuration and the package workerman/coroutine, or with a pool that a subclass has put into
 * {@see $pool}, each coroutine has a connection of the pool instead.
 */
class RedisSessionHandler implements \Workerman\Protocols\Http\Session\SessionHandlerInterface
{
    protected \Redis|\RedisCluster|null $connection = null;
    protected array $config;
    protected static ?\Workerman\Coroutine\Pool $pool = null;

    /**
     * @param array{host: string, port?: int, timeout?: int|float, auth?: mixed, database?: int, prefix?: string, pool?: array<string, mixed>} $config
     *   The timeout, of connecting and of each answer, is in seconds, 2 by default; the prefix of the keys is "redis_session_" by default.
     */
    public function __construct(array $config) {}

    public function open(string $savePath, string $name): bool {}

    public function read(string $sessionId): string|false {}

    public function write(string $sessionId, string $sessionData): bool {}

    public function updateTimestamp(string $sessionId, string $data = ''): bool {}

    public function destroy(string $sessionId): bool {}

    public function close(): bool {}

    /** Redis forgets by itself. */
    public function gc(int $maxLifetime): bool {}

    protected function connection(): \Redis|\RedisCluster {}

    protected function createRedisConnection(array $config): \Redis|\RedisCluster {}
}
