<?php

declare(strict_types=1);

namespace Ouvrier\Tests\Client;

use Ouvrier\Tests\Harness\Client\Acceptor;
use Ouvrier\Tests\Harness\Client\Connection;
use Ouvrier\Tests\Harness\ProcessTable;
use Ouvrier\Tests\Harness\ServerTestCase;

final class PipeTest extends ServerTestCase
{
    private Acceptor $target;

    protected function setUp(): void
    {
        parent::setUp();
        $this->target = new Acceptor();
    }

    public function testATcpProxyMovesBytesBothWaysAndClosesBothSides(): void
    {
        $this->serve('tcp-proxy', ['TARGET' => $this->target->address()]);
        $client = Connection::to($this->port)->write('there');
        $target = $this->target->accept();
        self::assertSame('there', $target->read(5));
        $target->write('back');
        self::assertSame('back', $client->read(4));
        $target->close();
        self::assertSame('', $client->readToEnd());

        $client = Connection::to($this->port)->write('there');
        $target = $this->target->accept();
        self::assertSame('there', $target->read(5));
        $client->close();
        self::assertSame('', $target->readToEnd());
    }

    public function testATargetThatDoesNotReadHoldsBackTheSource(): void
    {
        $this->serve('tcp-proxy', ['TARGET' => $this->target->address()]);
        $sent = random_bytes(16_000_000);
        $client = Connection::to($this->port);
        $target = $this->target->accept();

        $writer = pcntl_fork();
        if ($writer === 0) {
            $client->write($sent);
            // Not exit(): the child must not run what PHPUnit has registered for the end of its process.
            posix_kill(getmypid(), SIGKILL);
        }
        $received = $target->read(strlen($sent));
        pcntl_waitpid($writer, $status);
        self::assertTrue($received === $sent, 'nothing is lost, doubled or out of order');
    }

    public function testAGibibyteToASlowTargetCostsLittleMemory(): void
    {
        $server = $this->serve('tcp-proxy', ['TARGET' => $this->target->address()]);
        [$worker] = $server->waitForWorkers(1);
        $client = Connection::to($this->port);
        $target = $this->target->accept();
        $before = ProcessTable::peakBytes($worker);

        $piece = random_bytes(1 << 20);
        $hash = hash('sha256', $piece);
        $writer = pcntl_fork();
        if ($writer === 0) {
            for ($mebibyte = 0; $mebibyte < 1024; $mebibyte++) {
                $client->write($piece);
            }
            posix_kill(getmypid(), SIGKILL);
        }
        for ($mebibyte = 0; $mebibyte < 1024; $mebibyte++) {
            // Hashing takes longer than writing does.
            self::assertSame($hash, hash('sha256', $target->read(1 << 20)), "mebibyte $mebibyte");
        }
        pcntl_waitpid($writer, $status);

        self::assertLessThan(16 << 20, ProcessTable::peakBytes($worker) - $before);
    }

    public function testATargetThatIsNotThereClosesTheSource(): void
    {
        // The proxy would inherit the socket of the target, and keep it open.
        $this->target->close();
        $this->serve('tcp-proxy', ['TARGET' => $this->target->address()]);
        self::assertSame('', Connection::to($this->port)->readToEnd());
    }
}
