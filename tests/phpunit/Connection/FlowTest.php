<?php

declare(strict_types=1);

namespace Ouvrier\Tests\Connection;

use Ouvrier\Tests\Harness\Client\Connection;
use Ouvrier\Tests\Harness\Client\TextClient;
use Ouvrier\Tests\Harness\Port;
use Ouvrier\Tests\Harness\ServerTestCase;

final class FlowTest extends ServerTestCase
{
    private int $proxyPort;

    private int $targetPort;

    protected function setUp(): void
    {
        parent::setUp();
        [$this->proxyPort, $this->targetPort] = [Port::free(), Port::free()];
        $server = $this->serve('flow', ['PORT_PROXY' => $this->proxyPort, 'PORT_TARGET' => $this->targetPort]);
        $server->waitForPort($this->proxyPort);
    }

    public function testPauseHoldsBackEvenWhatHasArrivedAlreadyAndResumeDeliversItInOrder(): void
    {
        $paused = TextClient::to($this->port)->write("pause me\none\n");
        self::assertSame('paused', $paused->receive());
        $paused->write("two\nthree\n");

        $other = TextClient::to($this->port);
        self::assertSame('echo not paused', $other->ask('not paused'));
        self::assertFalse($paused->hasData());

        self::assertSame('resumed', $other->ask('resume the other'));
        self::assertSame("echo one\necho two\necho three\n", $paused->read(29));
    }

    public function testPipeMovesBytesBothWaysAndCloses(): void
    {
        [$source, $destination] = $this->pipedPair();

        $source->write('there');
        self::assertSame('there', $destination->read(5));
        $destination->write('back');
        self::assertSame('back', $source->read(4));

        $source->close();
        self::assertSame('', $destination->readToEnd());
    }

    public function testPipeHoldsBackASourceThatIsFasterThanItsDestination(): void
    {
        [$source, $destination] = $this->pipedPair();
        $sent = random_bytes(8_000_000);

        $writer = pcntl_fork();
        if ($writer === 0) {
            $source->write($sent);
            // Not exit(): the child must not run what PHPUnit has registered for the end of its process.
            posix_kill(getmypid(), SIGKILL);
        }
        $received = $destination->read(strlen($sent));
        pcntl_waitpid($writer, $status);

        self::assertTrue($received === $sent, 'nothing is lost, doubled or out of order');
    }

    /** @return array{Connection, Connection} */
    private function pipedPair(): array
    {
        $destination = Connection::to($this->targetPort);
        self::assertSame('ready', $destination->read(5));
        $source = Connection::to($this->proxyPort);
        return [$source, $destination];
    }
}
