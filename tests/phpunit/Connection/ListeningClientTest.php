<?php

declare(strict_types=1);

namespace Ouvrier\Tests\Connection;

use Ouvrier\Tests\Harness\Client\WebsocketClient;
use Ouvrier\Tests\Harness\ServerTestCase;

/** Clients that say nothing, as most do to whom something is pushed. */
final class ListeningClientTest extends ServerTestCase
{
    private WebsocketClient $listener;
    private WebsocketClient $speaker;

    protected function setUp(): void
    {
        parent::setUp();
        $this->serve('listening-clients');
        $this->listener = WebsocketClient::open($this->port);
        $this->speaker = WebsocketClient::open($this->port);
        self::assertSame('listening', $this->listener->ask('listen'));
        foreach (['one', 'two', 'three'] as $message) {
            self::assertSame('[true]', $this->speaker->ask($message));
            self::assertSame($message, $this->listener->receive());
        }
    }

    public function testWhatWasSentIsInTheQueueUntilTheTurnWritesIt(): void
    {
        self::assertSame('[true,3,true]', $this->speaker->ask('look between'));
        self::assertSame(['a', 'b'], [$this->listener->receive(), $this->listener->receive()]);
    }

    public function testEverythingArrivesInTheOrderInWhichItWasSent(): void
    {
        self::assertSame('[true,true,true]', $this->speaker->ask('raw between'));
        $received = [$this->listener->receive(), $this->listener->receive(), $this->listener->receive()];
        self::assertSame(['a', 'raw', 'b'], $received);
    }

    public function testWhatWasSentBeforeTheEndArrivesAndWhatComesBehindItIsRefused(): void
    {
        self::assertSame('[true,null]', $this->speaker->ask('close behind'));
        self::assertSame('last', $this->listener->receive());
        self::assertSame(WebsocketClient::CLOSE, $this->listener->receiveFrame()[0]);
        self::assertSame('[false]', $this->speaker->ask('after the end'));
    }

    public function testAClientThatListenedMaySpeakAndListenAgain(): void
    {
        self::assertSame('listening', $this->listener->ask('listen'));
        foreach (['four', 'five', 'six'] as $message) {
            self::assertSame('[true]', $this->speaker->ask($message));
            self::assertSame($message, $this->listener->receive());
        }
    }
}
