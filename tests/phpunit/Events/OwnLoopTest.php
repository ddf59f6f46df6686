<?php

declare(strict_types=1);

namespace Ouvrier\Tests\Events;

use Ouvrier\Tests\Harness\Client\TextClient;
use Ouvrier\Tests\Harness\ServerProcess;
use Ouvrier\Tests\Harness\ServerTestCase;

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
