<?php

// Generated from the extension by `make stubs`.

namespace Workerman;

/**
 * Timers of this process: to a millisecond in a worker, to a second in the master.
 *
 * @link https://www.workerman.net/doc/workerman/timer/add.html
 */
class Timer
{
    protected static array $tasks = [];
    protected static ?\Workerman\Events\EventInterface $event = null;
    protected static int $timerId = 0;
    protected static array $status = [];

    /** Has all timers run by $event from now on. Workers do so for their event loop. */
    public static function init(?\Workerman\Events\EventInterface $event = null): void {}

    /**
     * Calls $func every $timeInterval seconds.
     *
     * @return int Id for del().
     * @throws \RuntimeException When the interval is negative or no worker runs.
     */
    public static function repeat(float $timeInterval, callable $func, array $args = []): int {}

    /** Calls $func once, after $timeInterval seconds. */
    public static function delay(float $timeInterval, callable $func, array $args = []): int {}

    /**
     * @param float $timeInterval Seconds, to a millisecond.
     * @param ?array $args Arguments for $func.
     * @param bool $persistent Whether to repeat.
     */
    public static function add(float $timeInterval, callable $func, ?array $args = [], bool $persistent = true): int {}

    /** What the master does about the alarm that wakes it once a second: runs its timers that are due. */
    public static function signalHandle(): void {}

    /** Waits. A fiber is suspended meanwhile; outside of fibers the callback waits, and the network does not. */
    public static function sleep(float $delay): void {}

    /** Removes a timer; false when there is none (any more). */
    public static function del(int $timerId): bool {}

    /** Removes all timers. */
    public static function delAll(): void {}

    protected static function tick(): void {}
}
