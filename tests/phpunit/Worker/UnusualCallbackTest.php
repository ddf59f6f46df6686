<?php

declare(strict_types=1);

namespace Ouvrier\Tests\Worker;

use Ouvrier\Tests\Harness\Client\TextClient;
use Ouvrier\Tests\Harness\Client\WebsocketClient;
use Ouvrier\Tests\Harness\ServerTestCase;

/**
 * Callbacks that fail where nobody expects it, are not set by PHP's rules, or are found in unusual places.
 */
final class UnusualCallbackTest extends ServerTestCase
{
    public function testAnExceptionInOnMasterStopIsLoggedAndTheServiceEnds(): void
    {
        $server = $this->serve('edges', ['CASE' => 'master stop throws']);
        posix_kill($server->pid(), SIGINT);

        self::assertSame(0, $server->waitForExit());
        self::assertSame(1, substr_count($server->output(), 'LogicException: thrown in onMasterStop'));
    }

    public function testACallbackThatIsFalseIsNotSet(): void
    {
        $this->serve('edges', ['CASE' => 'falsy callbacks']);

        self::assertSame('echo ping', TextClient::to($this->port)->ask('ping'));
    }

    public function testAWorkerThatStopsItselfAtStartIsReplaced(): void
    {
        $mark = tempnam(sys_get_temp_dir(), 'ouvrier');
        unlink($mark);
        try {
            $server = $this->serve('edges', ['CASE' => 'stop at start', 'MARK' => $mark]);

            self::assertSame('echo ping', TextClient::to($this->port)->ask('ping'));
            self::assertStringNotContainsString('Exception', $server->output());
        } finally {
            @unlink($mark);
        }
    }

    public function testAWebsocketCallbackMayBeADeclaredPropertyOfASubclass(): void
    {
        $this->serve('edges', ['CASE' => 'ping']);
        $client = WebsocketClient::open($this->port)->sendFrame(0x9, 'hi');

        self::assertSame([0xA, 'own hi'], array_slice($client->receiveFrame(), 0, 2));
    }

    public function testListenGoesThroughTheObject(): void
    {
        $server = $this->serve('edges', ['CASE' => 'none']);

        $server->waitForOutput('listen was called.');
        self::assertSame('echo ping', TextClient::to($this->port)->ask('ping'));
    }

    public function testADestructorThatThrowsConcernsItsOwnMessageOnly(): void
    {
        $this->serve('edges', ['CASE' => 'destructor throws']);
        $client = TextClient::to($this->port);

        self::assertSame('echo throw', $client->ask('throw'));
        self::assertSame('handled destructor', $client->receive());
        self::assertSame('echo next', $client->ask('next'));
    }

    public function testAFiberThatIsDestroyedInACallbackHarmsNobody(): void
    {
        $server = $this->serve('edges', ['CASE' => 'suspended fiber']);
        $bystander = TextClient::to($this->port);
        self::assertSame('echo one', $bystander->ask('one'));

        TextClient::to($this->port)->send('drop')->readToEnd();

        self::assertSame('echo two', $bystander->ask('two'));
        self::assertStringNotContainsString('GracefulExit', $server->output());
    }
}
