<?php

declare(strict_types=1);

namespace Ouvrier\Tests\Client;

use Ouvrier\Tests\Harness\Client\Acceptor;
use Ouvrier\Tests\Harness\Client\Puppet;
use Ouvrier\Tests\Harness\Port;
use Ouvrier\Tests\Harness\ServerTestCase;

final class ConnectTest extends ServerTestCase
{
    private Puppet $puppet;

    private Acceptor $peer;

    protected function setUp(): void
    {
        parent::setUp();
        $this->serve('client');
        $this->puppet = new Puppet($this->port);
        $this->peer = new Acceptor();
    }

    public function testWhatIsSentAtAnyTimeArrivesInOrder(): void
    {
        $address = $this->peer->address();
        self::assertSame('INITIAL', $this->puppet->make('c', "text://$address"));
        self::assertNull($this->puppet->call('c', 'send', 'before'));
        self::assertSame(7, $this->puppet->call('c', 'getSendBufferQueueSize'));
        self::assertSame($address, $this->puppet->call('c', 'getRemoteAddress'));

        $this->puppet->call('c', 'connect');
        $this->puppet->call('c', 'connect');
        $this->puppet->call('c', 'send', 'while connecting');
        self::assertSame(['connect', 'ESTABLISHED', $address], $this->puppet->next('c'));
        $peer = $this->peer->accept();
        self::assertSame("before\nwhile connecting\n", $peer->read(24));

        self::assertTrue($this->puppet->call('c', 'send', 'after'));
        self::assertSame("after\n", $peer->read(6));
        $peer->write("one\ntwo\n");
        self::assertSame(['drain'], $this->puppet->next('c'));
        self::assertSame(['message', 'one'], $this->puppet->next('c'));
        self::assertSame(['message', 'two'], $this->puppet->next('c'));
    }

    public function testCloseOfEitherSideEndsItAndNothingIsKept(): void
    {
        foreach (['close', 'peer'] as $who) {
            $address = $this->peer->address();
            $this->puppet->make('c', "tcp://$address");
            $this->puppet->call('c', 'connect');
            $peer = $this->peer->accept();
            self::assertSame('connect', $this->puppet->next('c')[0]);
            if ($who === 'close') {
                $this->puppet->call('c', 'close', 'bye');
                self::assertSame('bye', $peer->readToEnd());
            }
            $peer->close();
            self::assertSame(['close', 'CLOSED', $address], $this->puppet->next('c'), $who);
            self::assertSame(1, $this->puppet->forget('c'), 'what is left is the control connection');
        }
    }

    /** @dataProvider failures */
    public function testAFailureIsToldWithItsReasonAndThenTheEnd(string $address, string $reason): void
    {
        $address = str_replace('PORT', (string) Port::free(), $address);
        $this->puppet->make('c', $address);
        $this->puppet->call('c', 'connect');

        [$event, $code, $message, $status] = $this->puppet->next('c');
        self::assertSame(['error', 1, 'CLOSING'], [$event, $code, $status]);
        $shown = substr($address, strpos($address, '//') + 2);
        self::assertMatchesRegularExpression('~^connect ' . preg_quote($shown) . ' fail after [\d.]+ seconds: ' . $reason . '~', $message);
        self::assertSame('close', $this->puppet->next('c')[0]);
        self::assertNull($this->puppet->get('c', 'onConnect'));
        self::assertSame(1, $this->puppet->forget('c'));
    }

    /** @return iterable<string, array{string, string}> */
    public static function failures(): iterable
    {
        yield 'nobody listens' => ['tcp://127.0.0.1:PORT', 'Connection refused'];
        yield 'nobody listens, IPv6' => ['text://[::1]:PORT', 'Connection refused'];
        yield 'no such name' => ['tcp://no-such-host.invalid:80', 'cannot resolve no-such-host.invalid: '];
        yield 'no such file' => ['unix:///nowhere/no.sock', 'No such file or directory'];
    }

    public function testReconnectInOnCloseKeepsTheCallbacks(): void
    {
        $this->puppet->make('c', "text://{$this->peer->address()}", [], ['reconnects' => 2, 'after' => 1]);
        $this->puppet->call('c', 'connect');
        foreach ([true, true, false] as $again) {
            $peer = $this->peer->accept();
            self::assertSame('connect', $this->puppet->next('c')[0]);
            $peer->write("hello\n");
            self::assertSame(['message', 'hello'], $this->puppet->next('c'));
            $peer->close();
            self::assertSame('close', $this->puppet->next('c')[0]);
            self::assertSame(!$again, $this->puppet->get('c', 'onMessage') === null);
        }
    }

    public function testARefusedConnectionIsTriedAgainByReconnect(): void
    {
        $address = $this->peer->address();
        $this->peer->close();
        $this->puppet->make('c', "tcp://$address", [], ['reconnects' => 1]);
        $this->puppet->call('c', 'connect');
        foreach (range(1, 2) as $ignored) {
            self::assertSame('error', $this->puppet->next('c')[0]);
            self::assertSame('close', $this->puppet->next('c')[0]);
        }
    }

    public function testAReconnectThatWaitsCanBeCancelled(): void
    {
        $this->puppet->make('c', "tcp://{$this->peer->address()}");
        $this->puppet->call('c', 'reconnect', 3600);
        self::assertSame('INITIAL', $this->puppet->call('c', 'getStatus', false));
        $this->puppet->call('c', 'cancelReconnect');
        $this->puppet->call('c', 'close');
        self::assertSame('close', $this->puppet->next('c')[0]);
        self::assertSame(1, $this->puppet->forget('c'));
    }

    public function testReconnectGivesUpWhatIsOpen(): void
    {
        $this->puppet->make('c', "tcp://{$this->peer->address()}");
        $this->puppet->call('c', 'connect');
        $first = $this->peer->accept();
        self::assertSame('connect', $this->puppet->next('c')[0]);
        $this->puppet->call('c', 'reconnect');
        self::assertSame('', $first->readToEnd());
        $second = $this->peer->accept();
        self::assertSame('connect', $this->puppet->next('c')[0]);
        $this->puppet->call('c', 'close', 'bye');
        self::assertSame('bye', $second->readToEnd());
    }

    public function testCloseBeforeTheConnectionIsThereIsTheEndOfIt(): void
    {
        $this->puppet->make('c', "tcp://{$this->peer->address()}");
        $this->puppet->call('c', 'close');
        self::assertSame(['close', 'CLOSED'], array_slice($this->puppet->next('c'), 0, 2));
        self::assertFalse($this->puppet->call('c', 'send', 'too late'));

        $this->puppet->make('d', 'tcp://no-such-host.invalid:80');
        $this->puppet->callAtOnce('d', 'connect', 'close');
        self::assertSame('close', $this->puppet->next('d')[0], 'and no error');
    }

    public function testUnixSocketsAndOurOwnAddress(): void
    {
        $path = sys_get_temp_dir() . '/ouvrier-' . bin2hex(random_bytes(6)) . '.sock';
        $peer = new Acceptor("unix://$path");
        $this->puppet->make('u', "unix://$path", ['protocol' => 'Workerman\Protocols\Text']);
        $this->puppet->call('u', 'connect');
        $this->puppet->call('u', 'send', 'hello');
        self::assertSame("hello\n", $peer->accept()->read(6));
        unlink($path);

        $context = ['socket' => ['bindto' => '127.0.0.9:0']];
        $this->puppet->make('b', "tcp://{$this->peer->address()}", [], ['context' => $context]);
        $this->puppet->call('b', 'connect');
        self::assertStringStartsWith('127.0.0.9:', $this->peer->accept()->remoteAddress());
    }

    /** @dataProvider mistakes */
    public function testAMistakeIsAnException(string $address, array $set, array $context, string $message): void
    {
        $made = $this->puppet->make('c', $address, $set, ['context' => $context]);
        $result = $made === 'INITIAL' ? $this->puppet->call('c', 'connect') : $made;
        self::assertSame("RuntimeException: $message", $result);
    }

    /** @return iterable<string, array{string, array<string, string>, array<mixed>, string}> */
    public static function mistakes(): iterable
    {
        yield 'no host' => ['tcp://', [], [], 'Bad remoteAddress'];
        yield 'no such protocol' => ['nope://a:1', [], [], 'class \Protocols\Nope not exist'];
        yield 'no scheme at all' => ['a-b://a:1', [], [], "Invalid protocol scheme 'a-b'"];
        yield 'udp' => ['udp://a:1', [], [], 'udp:// is for AsyncUdpConnection'];
        yield 'bindto' => [
            'tcp://127.0.0.1:1',
            [],
            ['socket' => ['bindto' => 'me']],
            'Bad bindto me: expected address:port',
        ];
        yield 'proxy' => [
            'tcp://127.0.0.1:1',
            ['proxySocks5' => 'nowhere'],
            [],
            'Bad proxy nowhere: expected host:port',
        ];
        yield 'http' => [
            'http://127.0.0.1:1',
            [],
            [],
            'the http protocol is for workers; an http client speaks it over tcp:// itself',
        ];
        yield 'websocket' => [
            'websocket://127.0.0.1:1',
            [],
            [],
            'the websocket protocol is for workers; a websocket client connects to ws:// or wss://',
        ];
    }
}
