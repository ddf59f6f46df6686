<?php

declare(strict_types=1);

namespace Ouvrier\Tests\Worker;

use Ouvrier\Tests\Harness\Client\TextClient;
use Ouvrier\Tests\Harness\Port;
use Ouvrier\Tests\Harness\ServerTestCase;
use Ouvrier\Tests\Harness\Wait;

/** The part `socket` of the constructor's context. */
final class SocketOptionsTest extends ServerTestCase
{
    public function testSoReuseportGivesEachProcessASocketOfItsOwn(): void
    {
        $this->serve('socket-options', ['OPTIONS' => json_encode(['so_reuseport' => true])]);

        Wait::until(fn (): bool => Port::listeners($this->port) === 2, 'two listeners');
        self::assertNotSame('', TextClient::to($this->port)->ask('who'));
    }

    public function testWithoutItTheProcessesShareOne(): void
    {
        $server = $this->serve('socket-options', ['OPTIONS' => json_encode(['so_reuseport' => false])]);

        $server->waitForWorkers(2);
        self::assertNotSame('', TextClient::to($this->port)->ask('who'));
        self::assertSame(1, Port::listeners($this->port));
    }

    public function testABadOptionKeepsTheServiceFromStarting(): void
    {
        $server = $this->launch(
            dirname(__DIR__) . '/fixtures/socket-options.php',
            ['start'],
            ['PORT' => $this->port, 'OPTIONS' => json_encode(['bindto' => '127.0.0.1:0'])],
        );

        self::assertSame(1, $server->waitForExit());
        self::assertStringContainsString('the option socket.bindto is not known here', $server->output());
    }
}
