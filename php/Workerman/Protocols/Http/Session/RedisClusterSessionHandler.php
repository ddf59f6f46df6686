<?php

declare(strict_types=1);

namespace Workerman\Protocols\Http\Session;

use Redis;
use RedisCluster;

/**
 * Keeps sessions in a cluster of Redis servers.
 */
class RedisClusterSessionHandler extends RedisSessionHandler
{
    /**
     * @param array{host: list<string>, timeout?: int|float, read_timeout?: int|float, persistent?: bool, auth?: mixed, prefix?: string} $config
     *   Each host is "name:port". Timeouts are in seconds.
     */
    public function __construct(array $config)
    {
        parent::__construct($config);
    }

    protected function createRedisConnection(array $config): Redis|RedisCluster
    {
        $timeout = $config['timeout'] ?? 2;
        $arguments = [null, $config['host'], $timeout, $config['read_timeout'] ?? $timeout, $config['persistent'] ?? false];
        if (!empty($config['auth'])) {
            $arguments[] = $config['auth'];
        }
        $redis = new RedisCluster(...$arguments);
        $redis->setOption(Redis::OPT_PREFIX, ($config['prefix'] ?? '') ?: 'redis_session_');
        return $redis;
    }
}
