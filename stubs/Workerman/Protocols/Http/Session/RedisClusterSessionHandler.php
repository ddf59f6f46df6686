<?php

// Generated from the extension by `make stubs`.

namespace Workerman\Protocols\Http\Session;

/**
 * Keeps sessions in a cluster of Redis servers.
 */
class RedisClusterSessionHandler extends \Workerman\Protocols\Http\Session\RedisSessionHandler
{
    /**
     * @param array{host: list<string>, timeout?: int|float, read_timeout?: int|float, persistent?: bool, auth?: mixed, prefix?: string} $config
     *   Each host is "name:port". Timeouts are in seconds.
     */
    public function __construct(array $config) {}

    protected function createRedisConnection(array $config): \Redis|\RedisCluster {}
}
