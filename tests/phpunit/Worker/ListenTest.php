<?php

declare(strict_types=1);

namespace Ouvrier\Tests\Worker;

use Ouvrier\Tests\Harness\Client\TextClient;
use Ouvrier\Tests\Harness\Port;
use Ouvrier\Tests\Harness\ProcessTable;
use Ouvrier\Tests\Harness\ServerProcess;
use Ouvrier\Tests\Harness\ServerTestCase;

final class ListenTest extends ServerTestCase
{
    private int $innerPort;

    private ServerProcess $server;

    private TextClient $control;

    protected function setUp(): void
    {
        parent::setUp();
        $this->innerPort = Port::free();
        $this->server = $this->serve('listen', ['PORT_INNER' => $this->innerPort]);
        $this->control = TextClient::to($this->port);
    }

    public function testListenAddsAPortToTheSameProcess(): void
    {
        [$worker] = $this->server->waitForWorkers(1);

        self::assertSame('done', $this->control->ask('listen'));

        self::assertSame('inner hello', TextClient::to($this->innerPort)->ask('hello'));
        self::assertSame([$worker], ProcessTable::children($this->server->pid()));
        self::assertSame((string) $worker, $this->control->ask('pid'));
    }

    public function testListenDoesNotFireOnWorkerStartAndRegistersTheWorker(): void
    {
        $this->control->ask('listen');

        self::assertSame('0', $this->control->ask('starts'));
        self::assertSame('2', $this->control->ask('workers'));
    }

    public function testListenIsIdempotent(): void
    {
        $this->control->ask('listen');

        self::assertSame('done', $this->control->ask('listen'));
        self::assertSame(1, Port::listeners($this->innerPort));
    }

    public function testListenWithoutAddressDoesNothing(): void
    {
        self::assertSame('done', $this->control->ask('listen without address'));
    }

    public function testUnlistenClosesThePortAndListenOpensItAgain(): void
    {
        $this->control->ask('listen');

        self::assertSame('done', $this->control->ask('unlisten'));
        self::assertFalse(Port::isListening($this->innerPort));

        self::assertSame('done', $this->control->ask('listen'));
        self::assertSame('inner again', TextClient::to($this->innerPort)->ask('again'));
    }

    public function testUnlistenKeepsConnections(): void
    {
        $this->control->ask('listen');
        $client = TextClient::to($this->innerPort);
        $client->ask('before');

        $this->control->ask('unlisten');

        self::assertSame('inner after', $client->ask('after'));
    }

    public function testAPausedPortAcceptsWhatWaitedWhenItResumes(): void
    {
        $this->control->ask('listen');
        self::assertSame('done', $this->control->ask('pauseAccept'));

        $waiting = TextClient::to($this->innerPort)->send('patient');
        // Two questions and answers later a port that accepts would have answered as well.
        $this->control->ask('pid');
        $this->control->ask('pid');
        self::assertFalse($waiting->hasData());

        self::assertSame('done', $this->control->ask('resumeAccept'));
        self::assertSame('inner patient', $waiting->receive());
    }

    public function testListenWithoutAcceptingBindsThePort(): void
    {
        self::assertSame('done', $this->control->ask('listen without accepting'));
        self::assertTrue(Port::isListening($this->innerPort));

        $waiting = TextClient::to($this->innerPort)->send('patient');
        $this->control->ask('pid');
        self::assertFalse($waiting->hasData());

        $this->control->ask('resumeAccept');
        self::assertSame('inner patient', $waiting->receive());
    }

    /** @dataProvider failures */
    public function testListenThrowsWithTheMessageOfTheSystemAndTheAddress(string $command, string $exception): void
    {
        $this->control->ask('listen');

        self::assertSame(str_replace('PORT', (string) $this->innerPort, $exception), $this->control->ask($command));
        self::assertSame('inner alive', TextClient::to($this->innerPort)->ask('alive'));
    }

    /** @return iterable<string, array{string, string}> */
    public static function failures(): iterable
    {
        yield 'port in use' => ['listen on the same port', 'RuntimeException: Address already in use: tcp://127.0.0.1:PORT'];
        yield 'foreign address' => ['listen on a foreign address', 'RuntimeException: Cannot assign requested address: tcp://192.0.2.1:9'];
        yield 'unknown scheme' => [
            'listen with an unknown scheme',
            'RuntimeException: class \Protocols\Nosuchprotocol not exist',
        ];
    }
}
