<?php

declare(strict_types=1);

namespace Ouvrier\Tests\Connection;

use Ouvrier\Tests\Harness\Client\TextClient;
use Ouvrier\Tests\Harness\Port;
use Ouvrier\Tests\Harness\ServerTestCase;
use Ouvrier\Tests\Harness\Wait;

/**
 * UDP clients inside of a worker; their peer is this test.
 */
final class AsyncUdpTest extends ServerTestCase
{
    /** @var resource */
    private $peer;

    private int $localPort;

    private TextClient $control;

    protected function setUp(): void
    {
        parent::setUp();
        $peer = stream_socket_server('udp://0.0.0.0:0', $errno, $message, STREAM_SERVER_BIND);
        self::assertIsResource($peer, (string) $message);
        $this->peer = $peer;
        $address = (string) stream_socket_get_name($peer, false);
        $this->localPort = Port::free();
        $this->serve('udp-client', [
            'PORT_PEER' => substr($address, strrpos($address, ':') + 1),
            'PORT_LOCAL' => $this->localPort,
        ]);
        $this->control = TextClient::to($this->port);
    }

    public function testTheFirstSendConnectsAndAnAnswerIsHeard(): void
    {
        self::assertTrue($this->control->askJson('send'));
        [$data, $address] = $this->receive();
        self::assertSame('hello', $data);

        stream_socket_sendto($this->peer, 'answer', 0, $address);

        $this->waitForEvents('connect', 'message answer', 'close');
    }

    public function testAnOnMessageThatIsSetAfterwardsIsHeard(): void
    {
        self::assertTrue($this->control->askJson('hear-later'));
        stream_socket_sendto($this->peer, 'answer', 0, $this->receive()[1]);

        $this->waitForEvents('connect', 'message answer', 'close');
    }

    public function testConnectOpensTheSocket(): void
    {
        self::assertSame([null, null, true, '127.0.0.1'], $this->control->askJson('socket'));
        $this->waitForEvents('connect');
    }

    public function testCloseSendsAndTellsOnce(): void
    {
        self::assertSame([true, null, null, null], $this->control->askJson('close'));

        self::assertSame(['hello', 'bye', 'again'], [$this->receive()[0], $this->receive()[0], $this->receive()[0]]);
        $this->waitForEvents('connect', 'close');
    }

    public function testNamesAreLookedUpWhileTheScriptGoesOn(): void
    {
        self::assertSame([null, true], $this->control->askJson('close-at-once localhost'));
        self::assertEqualsCanonicalizing(['again', 'bye'], [$this->receive()[0], $this->receive()[0]]);
    }

    public function testANameThatDoesNotExistIsAnError(): void
    {
        $this->control->ask('send nobody.invalid');

        $events = $this->waitForEventCount(1);
        self::assertMatchesRegularExpression('/^error 1 connect nobody\.invalid:\d+ fail: \S/', $events[0]);
    }

    public function testItSendsFromTheAddressThatItIsBoundTo(): void
    {
        self::assertTrue($this->control->askJson('bind'));
        self::assertSame("127.0.0.1:$this->localPort", $this->receive()[1]);
        self::assertSame('Bad bindto nowhere: expected address:port', $this->control->askJson('bad-bind'));
    }

    public function testABroadcastNeedsToBeAllowed(): void
    {
        self::assertTrue($this->control->askJson('broadcast'));
        self::assertSame('hello', $this->receive()[0]);
        self::assertFalse($this->control->askJson('broadcast-refused'));
        self::assertStringEndsWith('fail: Permission denied', $this->waitForEventCount(2)[1]);
    }

    public function testAProtocolEncodesAndDecodes(): void
    {
        self::assertTrue($this->control->askJson('text'));
        [$data, $address] = $this->receive();
        self::assertSame("line\n", $data);

        stream_socket_sendto($this->peer, "answer\nrest", 0, $address);

        $this->waitForEvents('connect', 'message answer', 'close');
    }

    public function testAnExceptionGoesToItsErrorHandler(): void
    {
        $this->control->ask('throw');
        stream_socket_sendto($this->peer, 'throw', 0, $this->receive()[1]);

        $this->waitForEvents('connect', 'message throw', 'thrown in onMessage');
    }

    public function testClientsThatNobodyCanHearFromAreLetGo(): void
    {
        self::assertLessThan(40, $this->control->askJson('abandon'));
        for ($number = 0; $number < 200; $number++) {
            self::assertSame((string) $number, $this->receive()[0]);
        }
    }

    /** @return array{string, string} the next datagram, and where it came from */
    private function receive(): array
    {
        $read = [$this->peer];
        $none = null;
        self::assertSame(1, stream_select($read, $none, $none, (int) Wait::DEADLINE), 'nothing arrived in time');
        $data = stream_socket_recvfrom($this->peer, 65_536, 0, $address);
        return [(string) $data, $address];
    }

    private function waitForEvents(string ...$events): void
    {
        self::assertSame($events, $this->waitForEventCount(count($events)));
    }

    /** @return list<string> */
    private function waitForEventCount(int $count): array
    {
        return Wait::until(function () use ($count): array {
            $log = $this->control->askJson('log');
            return count($log) >= $count ? $log : [];
        }, "$count events");
    }
}
