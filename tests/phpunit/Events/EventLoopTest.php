<?php

declare(strict_types=1);

namespace Ouvrier\Tests\Events;

use Ouvrier\Tests\Harness\Client\TextClient;
use Ouvrier\Tests\Harness\ServerTestCase;

/** The event loop of a worker process, under each of its names. */
final class EventLoopTest extends ServerTestCase
{
    /** @dataProvider loops */
    public function testTheLoopOfAProcessIsAnObjectOfTheClassThatWasAskedFor(string $loop): void
    {
        $server = $this->serve('event-loop', ['LOOP' => $loop]);
        $client = TextClient::to($this->port);

        // Packages that look there, such as workerman/coroutine, take fibers and not the extensions.
        $announced = in_array($loop, ['Swoole', 'Swow'], true) ? 'Fiber' : $loop;
        self::assertSame(
            ["Workerman\\Events\\$loop", true, true, "Workerman\\Events\\$announced"],
            $client->askJson('loop'),
        );
        self::assertMatchesRegularExpression('/^none +' . strtolower($loop) . ' /m', $server->command('status')->output);
    }

    /** @dataProvider loops */
    public function testOnWorkerStartRunsInAFiberWhichMaySleepBeforeClientsAreAccepted(string $loop): void
    {
        $this->serve('event-loop', ['LOOP' => $loop]);

        self::assertSame([true, 0], TextClient::to($this->port)->askJson('started'));
    }

    /** @dataProvider loops */
    public function testTheLoopWatchesPipesOfProcessesStandardInputAndSignals(string $loop): void
    {
        $this->serve('event-loop', ['LOOP' => $loop]);
        $client = TextClient::to($this->port);

        self::assertSame("echo, echo\n", $client->askJson('process'));
        self::assertSame(['', true], $client->askJson('standard input'));
        self::assertSame([SIGUSR1, true], $client->askJson('signal'));
        // The process did not reload.
        self::assertSame([true, 0], $client->askJson('started'));
    }

    /** @dataProvider loops */
    public function testTheLoopOfAProcessRunsAlready(string $loop): void
    {
        $this->serve('event-loop', ['LOOP' => $loop]);

        self::assertSame('The event loop is already running', TextClient::to($this->port)->askJson('run'));
    }

    /** @return iterable<string, array{string}> */
    public static function loops(): iterable
    {
        yield 'Select' => ['Select'];
        yield 'Event' => ['Event'];
        yield 'Ev' => ['Ev'];
        yield from self::loopsOfFibers();
    }

    public function testCallbacksOfSelectRunOnTheMainStack(): void
    {
        $this->serve('event-loop', ['LOOP' => 'Select']);

        self::assertFalse(TextClient::to($this->port)->askJson('fiber'));
    }

    /** @dataProvider loopsOfFibers */
    public function testACallbackMaySleepWhileOthersAreServed(string $loop): void
    {
        $this->serve('event-loop', ['LOOP' => $loop]);
        $sleeper = TextClient::to($this->port)->send('sleep');
        $other = TextClient::to($this->port);

        self::assertTrue($other->askJson('fiber'));
        self::assertTrue($other->askJson('wake'));
        self::assertSame('"awake"', $sleeper->receive());
    }

    /** @dataProvider loopsOfFibers */
    public function testAnExceptionAfterASleepIsStillTheConnectionsBusiness(string $loop): void
    {
        $this->serve('event-loop', ['LOOP' => $loop]);

        self::assertSame('after a sleep', TextClient::to($this->port)->askJson('throw late'));
    }

    /** @return iterable<string, array{string}> */
    public static function loopsOfFibers(): iterable
    {
        yield 'Fiber' => ['Fiber'];
        yield 'Swoole' => ['Swoole'];
        yield 'Swow' => ['Swow'];
    }

    public function testAnExceptionOfAStreamCallbackEndsTheProcessWithStatus250(): void
    {
        $server = $this->serve('event-loop', ['LOOP' => 'Select']);
        TextClient::to($this->port)->send('throw in a stream callback');

        $server->waitForOutput('exit with status 64000');
        self::assertStringContainsString('RuntimeException: of a stream', $server->output());
    }

    public function testStoppingTheLoopEndsTheProcess(): void
    {
        $server = $this->serve('event-loop', ['LOOP' => 'Select']);
        TextClient::to($this->port)->send('stop');

        $server->waitForOutput('exit with status 64000');
        self::assertStringContainsString('event-loop exited', $server->output());
    }
}
