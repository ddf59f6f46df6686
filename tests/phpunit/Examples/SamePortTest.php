<?php

declare(strict_types=1);

namespace Ouvrier\Tests\Examples;

use Ouvrier\Tests\Harness\Client\HttpClient;
use Ouvrier\Tests\Harness\Port;
use Ouvrier\Tests\Harness\ServerTestCase;

/**
 * examples/listen/same-port.php
 */
final class SamePortTest extends ServerTestCase
{
    private ?string $copy = null;

    protected function tearDown(): void
    {
        parent::tearDown();
        if ($this->copy !== null) {
            unlink($this->copy);
        }
    }

    public function testOfFourProcessesOneListensAndTheOthersAreTold(): void
    {
        $server = $this->example('listen/same-port.php');

        $server->waitForMatch('/(?:RuntimeException: Address already in use[^$]*?){3}/');
        $server->waitForMatch('/worker\[none:\d+\] exit with status 64000/');
        self::assertSame(1, Port::listeners(2016));
        self::assertSame("hello\n", HttpClient::to(2016)->get('/')['body']);
    }

    public function testASingleProcessListensWithoutAnError(): void
    {
        $server = $this->launch($this->copyWithOneProcess());

        $server->waitForPort(2016);
        self::assertSame("hello\n", HttpClient::to(2016)->get('/')['body']);
        self::assertStringNotContainsString('Address already in use', $server->output());
    }

    private function copyWithOneProcess(): string
    {
        $folder = dirname(__DIR__, 3) . '/examples/listen';
        $code = str_replace('count = 4;', 'count = 1;', (string) file_get_contents("$folder/same-port.php"), $replaced);
        self::assertSame(1, $replaced);
        $this->copy = sys_get_temp_dir() . '/ouvrier-one-process-' . getmypid() . '.php';
        file_put_contents($this->copy, str_replace('__DIR__', var_export($folder, true), $code));
        return $this->copy;
    }
}
