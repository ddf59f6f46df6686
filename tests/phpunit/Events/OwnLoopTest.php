<?php

declare(strict_types=1);

namespace Ouvrier\Tests\Events;

use Ouvrier\Tests\Harness\Client\Acceptor;
use Ouvrier\Tests\Harness\Client\TextClient;
use Ouvrier\Tests\Harness\ServerProcess;
use Ouvrier\Tests\Harness\ServerTestCase;
use Ouvrier\Tests\Harness\Wait;

/** A worker process that spends its life in an event loop of the script. */
final class OwnLoopTest extends ServerTestCase
{
    private ServerProcess $server;

    protected function setUp(): void
    {
        parent::setUp();
        $this->server = $this->serve('own-loop', settings: ['ouvrier.drain_ms' => '0']);
    }

    public function testTheProcessIsServedInTheLoopOfTheScript(): void
    {
        $client = TextClient::to($this->port);

        self::assertSame(['OwnLoop', true], $client->askJson('loop'));
        self::assertSame('from a timer of the loop', $client->ask('timer'));
        self::assertMatchesRegularExpression('/^none +ownloop /m', $this->server->command('status')->output);
    }

    public function testAnIdleLoopSleeps(): void
    {
        $client = TextClient::to($this->port);
        $before = (int) $client->ask('rounds');
        foreach (range(1, 20) as $number) {
            self::assertSame("echo $number", $client->ask((string) $number));
        }

        self::assertLessThan($before + 100, (int) $client->ask('rounds'));
    }

    public function testWhatASocketDoesNotTakeAtOnceIsSentWhileTheLoopWaits(): void
    {
        self::assertSame(4_000_000, strlen(TextClient::to($this->port)->ask('much')));
    }

    /** @dataProvider hosts */
    public function testClientsOverUdpHearTheirAnswers(string $host): void
    {
        $control = TextClient::to($this->port);
        $peer = stream_socket_server('udp://127.0.0.1:0', $errno, $message, STREAM_SERVER_BIND);
        $address = (string) stream_socket_get_name($peer, false);
        foreach (['one', 'two'] as $answer) {
            $control->send("datagram to $host" . strrchr($address, ':'));
            $read = [$peer];
            $none = null;
            self::assertSame(1, stream_select($read, $none, $none, (int) Wait::DEADLINE));
            self::assertSame('hello', stream_socket_recvfrom($peer, 100, 0, $from));
            stream_socket_sendto($peer, $answer, 0, $from);
            self::assertSame("datagram $answer", $control->receive());
        }
    }

    /** @return iterable<string, array{string}> */
    public static function hosts(): iterable
    {
        yield 'by address' => ['127.0.0.1'];
        yield 'by name' => ['localhost'];
    }

    public function testClientsOverTcpConnect(): void
    {
        $control = TextClient::to($this->port);
        $acceptor = new Acceptor();
        $control->send("dial to {$acceptor->address()}");
        $peer = $acceptor->accept();
        self::assertSame("hello\n", $peer->read(6));
        $peer->write("bye\n");

        self::assertSame('dialled', $control->receive());
    }

    public function testAReloadReplacesTheProcess(): void
    {
        $client = TextClient::to($this->port);
        self::assertSame('echo once', $client->ask('once'));
        $this->server->command('reload');

        self::assertSame('', $client->readToEnd());
        self::assertSame('echo again', TextClient::to($this->port)->ask('again'));
    }

    /** @dataProvider ends */
    public function testTheProcessEnds(string $command, int $status, string $log): void
    {
        TextClient::to($this->port)->send($command);

        $this->server->waitForOutput("exit with status $status");
        self::assertStringContainsString($log, $this->server->output());
    }

    /** @return iterable<string, array{string, int, string}> */
    public static function ends(): iterable
    {
        yield 'by an exception' => ['throw', 64000, 'RuntimeException: of a timer'];
        yield 'with its loop' => ['stop the loop', 64000, 'event-loop exited'];
    }

    public function testAStopFromATimerEndsTheProcess(): void
    {
        $client = TextClient::to($this->port)->send('stop later');

        self::assertSame('', $client->readToEnd());
        self::assertSame('echo again', TextClient::to($this->port)->ask('again'));
    }
}
