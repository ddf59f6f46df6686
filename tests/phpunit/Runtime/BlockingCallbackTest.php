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

    /** The callback blocks while this file exists. */
    private string $gate;

    protected function setUp(): void
    {
        parent::setUp();
        $this->gate = (string) tempnam(sys_get_temp_dir(), 'ouvrier-gate');
        $this->server = $this->serve('blocking', ['GATE' => $this->gate]);
        $this->blocker = WebsocketClient::open($this->port);
    }

    protected function tearDown(): void
    {
        @unlink($this->gate);
        parent::tearDown();
    }

    public function testAHandshakeIsCompletedAndPingsAreAnswered(): void
    {
        $idle = WebsocketClient::open($this->port);
        $this->block();

        $late = WebsocketClient::open($this->port);
        foreach ([$late, $idle, $this->blocker] as $client) {
            $client->expectNothingPending();
        }

        $this->unblock();
    }

    public function testWhatWasWrittenBeforeIsFlushed(): void
    {
        $reader = WebsocketClient::open($this->port)->send('much');
        // One byte proves that the callback has run; the rest waits for a reader, in part still in the process.
        $first = $reader->read(1);
        $this->block();

        $rest = $reader->read(10 - 1 + 8_000_000);

        $this->unblock();
        self::assertSame("\x81", $first);
        self::assertSame(str_repeat('x', 10), substr($rest, -10));
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

        $this->unblock();
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

        $this->unblock();
        self::assertSame('block,farewell,order', $this->blocker->ask('order'));
    }

    /** Returns when the callback blocks. */
    private function block(): void
    {
        $this->blocker->send('block');
        $this->server->waitForOutput('blocked');
    }

    /** The callback has blocked until now. */
    private function unblock(): void
    {
        self::assertFalse($this->blocker->hasData());
        unlink($this->gate);
        self::assertSame('unblocked', $this->blocker->receive());
    }
}
