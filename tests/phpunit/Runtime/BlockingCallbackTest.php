<?php

declare(strict_types=1);

namespace Ouvrier\Tests\Runtime;

use Ouvrier\Tests\Harness\Client\WebsocketClient;
use Ouvrier\Tests\Harness\ServerProcess;
use Ouvrier\Tests\Harness\ServerTestCase;

/**
 * While a callback blocks, the network of its process lives on.
 *
 * What must not wait is asserted by order, not by time: it happens while the blocking callback has not answered yet.
 */
final class BlockingCallbackTest extends ServerTestCase
{
    private ServerProcess $server;

    private WebsocketClient $blocker;

    protected function setUp(): void
    {
        parent::setUp();
        $this->server = $this->serve('blocking');
        $this->blocker = WebsocketClient::open($this->port);
    }

    public function testAHandshakeIsCompletedAndPingsAreAnswered(): void
    {
        $idle = WebsocketClient::open($this->port);
        $this->block();

        $late = WebsocketClient::open($this->port);
        foreach ([$late, $idle, $this->blocker] as $client) {
            $client->expectNothingPending();
        }

        self::assertFalse($this->blocker->hasData());
        self::assertSame('unblocked', $this->blocker->receive());
    }

    public function testWhatWasWrittenBeforeIsFlushed(): void
    {
        $reader = WebsocketClient::open($this->port)->send('much');
        // One byte proves that the callback has run; the rest waits for a reader, in part still in the process.
        $first = $reader->read(1);
        $this->block();

        $rest = $reader->read(10 - 1 + 8_000_000);

        self::assertFalse($this->blocker->hasData());
        self::assertSame("\x81", $first);
        self::assertSame(str_repeat('x', 10), substr($rest, -10));
        self::assertSame('unblocked', $this->blocker->receive());
    }

    public function testMessagesThatArriveMeanwhileAreHandledAfterwardsInOrder(): void
    {
        $early = WebsocketClient::open($this->port);
        $this->block();

        $late = WebsocketClient::open($this->port);
        foreach (['one', 'two', 'three'] as $message) {
            $late->send($message)->expectNothingPending();
        }
        $early->send('four')->expectNothingPending();

        self::assertFalse($this->blocker->hasData());
        self::assertSame('unblocked', $this->blocker->receive());
        self::assertSame(['echo one', 'echo two', 'echo three'], [
            $late->receive(), $late->receive(), $late->receive(),
        ]);
        self::assertSame('echo four', $early->receive());
        self::assertSame('block,one,two,three,four,order', $early->ask('order'));
    }

    public function testAClientThatLeavesMeanwhileIsForgottenAfterItsMessages(): void
    {
        $this->block();

        $leaving = WebsocketClient::open($this->port);
        $leaving->send('farewell')->expectNothingPending();
        $leaving->close();

        self::assertSame('unblocked', $this->blocker->receive());
        self::assertSame('block,farewell,order', $this->blocker->ask('order'));
    }

    /** Returns when the callback sleeps. */
    private function block(): void
    {
        $this->blocker->send('block');
        $this->server->waitForOutput('blocked');
    }
}
