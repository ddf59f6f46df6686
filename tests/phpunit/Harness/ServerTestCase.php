<?php

declare(strict_types=1);

namespace Ouvrier\Tests\Harness;

use PHPUnit\Framework\TestCase;
use Throwable;

/**
 * A test against real server processes. Each test ends what it started.
 */
abstract class ServerTestCase extends TestCase
{
    /** @var list<ServerProcess> */
    private array $servers = [];

    /** @var list<string> what the servers of this test have printed */
    private array $outputs = [];

    protected int $port;

    protected function setUp(): void
    {
        $this->port = Port::free();
    }

    protected function tearDown(): void
    {
        foreach ($this->servers as $server) {
            try {
                $server->stop();
            } finally {
                $this->outputs[] = $server->output() . "--- log\n" . $server->log();
                $server->removeDirectory();
            }
        }
        $this->servers = [];
    }

    /** Shows what the servers of a failed test have printed. */
    protected function onNotSuccessfulTest(Throwable $failure): never
    {
        foreach ($this->outputs as $output) {
            fwrite(STDERR, "\n--- server output of {$this->toString()}\n$output");
        }
        throw $failure;
    }

    /**
     * Starts `fixtures/<name>.php` on {@see $port} and waits until it listens.
     *
     * @param array<string, string|int> $environment
     * @param array<string, string> $settings
     */
    protected function serve(string $fixture, array $environment = [], array $settings = []): ServerProcess
    {
        $server = $this->launch(
            dirname(__DIR__) . "/fixtures/$fixture.php",
            ['start'],
            $environment + ['PORT' => $this->port],
            $settings,
        );
        $server->waitForPort($this->port);
        return $server;
    }

    /**
     * Starts `fixtures/<name>.php` as a daemon and waits until it listens.
     *
     * @param array<string, string|int> $environment
     * @param array<string, string> $settings
     */
    protected function daemon(string $fixture, array $environment = [], array $settings = []): ServerProcess
    {
        $server = $this->launch(
            dirname(__DIR__) . "/fixtures/$fixture.php",
            ['start', '-d'],
            $environment + ['PORT' => $this->port],
            $settings,
        );
        $server->waitForExit();
        $server->waitForPort($this->port);
        return $server;
    }

    /**
     * Starts a script under `examples/` without waiting for anything.
     *
     * @param list<string> $arguments
     * @param array<string, string|int> $environment
     */
    protected function example(string $script, array $arguments = ['start'], array $environment = []): ServerProcess
    {
        return $this->launch(dirname(__DIR__, 3) . "/examples/$script", $arguments, $environment);
    }

    /**
     * @param list<string> $arguments
     * @param array<string, string|int> $environment
     * @param array<string, string> $settings
     * @param list<string> $through
     */
    protected function launch(
        string $script,
        array $arguments = ['start'],
        array $environment = [],
        array $settings = [],
        array $through = [],
    ): ServerProcess {
        return $this->servers[] = ServerProcess::start($script, $arguments, $environment, $settings, $through);
    }
}
