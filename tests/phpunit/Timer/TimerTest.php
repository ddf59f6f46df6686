<?php

declare(strict_types=1);

namespace Ouvrier\Tests\Timer;

use Ouvrier\Tests\Harness\Client\TextClient;
use Ouvrier\Tests\Harness\ServerTestCase;

/**
 * Timers may be late on a busy machine, so their times have a lower bound only: never early, and in order.
 */
final class TimerTest extends ServerTestCase
{
    /** A timer may fire this many milliseconds early: the resolution that is promised. */
    private const RESOLUTION = 1.0;

    private TextClient $client;

    protected function setUp(): void
    {
        parent::setUp();
        $this->serve('timer');
        $this->client = TextClient::to($this->port);
    }

    public function testDelaysFireOnceEachInTheOrderOfTheirTimes(): void
    {
        $fired = $this->client->askJson('order');

        self::assertSame([1, 20, 40, 60], array_column($fired, 0));
        foreach ($fired as [$after, $elapsed]) {
            self::assertGreaterThanOrEqual($after - self::RESOLUTION, $elapsed);
        }
    }

    public function testARepeatingTimerRunsUntilItIsDeletedEvenByItself(): void
    {
        [$ticks, $deleted] = $this->client->askJson('repeat');

        self::assertTrue($deleted);
        foreach ($ticks as $index => $elapsed) {
            self::assertGreaterThanOrEqual(10 * ($index + 1) - 4 * self::RESOLUTION, $elapsed);
        }
    }

    public function testArgumentsArePassedAndReferencesInThemLive(): void
    {
        self::assertSame(['argument', true], $this->client->askJson('add by reference'));
    }

    public function testADeletedTimerDoesNotFireAndCannotBeDeletedTwice(): void
    {
        self::assertSame([[true, false, false], false], $this->client->askJson('del'));
    }

    public function testDelAllDeletesEveryTimer(): void
    {
        self::assertFalse($this->client->askJson('delAll'));
    }

    public function testIdsAreUnique(): void
    {
        self::assertSame(5, $this->client->askJson('ids'));
    }

    public function testSleepWaits(): void
    {
        self::assertGreaterThanOrEqual(20 - self::RESOLUTION, $this->client->askJson('sleep'));
    }

    public function testANegativeIntervalIsRefused(): void
    {
        self::assertSame('$timeInterval can not less than 0', $this->client->askJson('negative'));
    }
}
