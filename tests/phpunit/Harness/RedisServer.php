<?php

declare(strict_types=1);

namespace Ouvrier\Tests\Harness;

use PHPUnit\Framework\Assert;

/**
 * A redis-server of a test's own, which keeps nothing.
 */
final class RedisServer
{
    /** @param resource $process */
    private function __construct(public readonly int $port, private $process)
    {
    }

    /**
     * Skips the test where there is no Redis.
     *
     * @param list<string> $arguments further ones of redis-server
     */
    public static function start(array $arguments = []): self
    {
        $program = trim((string) shell_exec('command -v redis-server'));
        if (!extension_loaded('redis') || $program === '') {
            Assert::markTestSkipped('needs the PHP extension redis and redis-server');
        }
        $port = Port::free();
        $command = [$program, '--port', (string) $port, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', ...$arguments];
        $process = proc_open($command, [1 => ['file', '/dev/null', 'w']], $pipes, sys_get_temp_dir());
        $server = new self($port, $process);
        // What listens may be a stranger that took the port, and would not answer.
        Wait::until(static fn (): bool => Port::isListening($port) && proc_get_status($process)['running'], 'redis to listen');
        return $server;
    }

    public function stop(): void
    {
        proc_terminate($this->process);
        proc_close($this->process);
    }
}
