<?php

declare(strict_types=1);

namespace Ouvrier\Tests\Events;

use Ouvrier\Tests\Harness\Client\TextClient;
use Ouvrier\Tests\Harness\CommandResult;
use Ouvrier\Tests\Harness\ServerProcess;
use Ouvrier\Tests\Harness\ServerTestCase;

/** Revolt on the loop of a worker process. The variable `OUVRIER_REVOLT` says where its sources are, such as `vendor/revolt/event-loop/src`. */
final class RevoltTest extends ServerTestCase
{
    private ServerProcess $server;

    protected function setUp(): void
    {
        $sources = getenv('OUVRIER_REVOLT');
        if (!is_string($sources) || !is_dir($sources)) {
            self::markTestSkipped('Set OUVRIER_REVOLT to the folder src of revolt/event-loop to run the tests with Revolt');
        }
        parent::setUp();
        $this->server = $this->serve('revolt', ['REVOLT' => (string) realpath($sources)]);
    }

    public function testTheLoopOfTheProcessIsRevolts(): void
    {
        self::assertSame(['Ouvrier\Revolt\Driver', true], TextClient::to($this->port)->askJson('driver'));
    }

    public function testACallbackMaySuspendItselfWhileOthersAreServed(): void
    {
        $suspended = TextClient::to($this->port)->send('suspend');

        self::assertSame('delayed', TextClient::to($this->port)->ask('delay'));
        self::assertSame('resumes', TextClient::to($this->port)->ask('resume'));
        self::assertSame('resumed', $suspended->receive());
    }

    public function testTimersStreamsAndSleepsWorkInRevolt(): void
    {
        $client = TextClient::to($this->port);

        self::assertSame('delayed', $client->ask('delay'));
        self::assertSame('slept', $client->ask('sleep'));
        self::assertSame('from a process', $client->ask('stream'));
    }

    public function testOutsideOfAWorkerRevoltRunsForAsLongAsTheLoopHasConnectionsAndTimers(): void
    {
        $script = dirname(__DIR__) . '/fixtures/revolt-alone.php';
        $result = CommandResult::of(['env', 'REVOLT=' . realpath((string) getenv('OUVRIER_REVOLT')), PHP_BINARY, $script]);

        self::assertSame("resumed\nhello\nslept\nnothing left\n", $result->output);
    }

    public function testAnExceptionInRevoltEndsTheProcess(): void
    {
        TextClient::to($this->port)->send('throw');

        $this->server->waitForOutput('exit with status 64000');
        self::assertStringContainsString('RuntimeException: in Revolt', $this->server->output());
    }
}
