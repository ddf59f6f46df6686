<?php

namespace Workerman\Events;

/**
 * An event loop. Its name says which of Workerman's it stands for; all of them run on the same native loop.
 *
 * Times are in seconds. Timer ids begin at 1 and are unique in the loop.
 */
final class EventLoop implements EventInterface
{
    /** Calls $func once, after $delay seconds. */
    public function delay(float $delay, callable $func, array $args = []): int {}

    /** Calls $func every $interval seconds, counted from its last call. */
    public function repeat(float $interval, callable $func, array $args = []): int {}

    /** Removes a timer, of either kind; false when there is none (any more). */
    public function offDelay(int $timerId): bool {}

    /** Removes a timer, of either kind; false when there is none (any more). */
    public function offRepeat(int $timerId): bool {}

    /**
     * Calls $func($stream) for as long as something can be read from $stream, or its end or an error has been reached. Replaces the callback that was set before.
     *
     * @param resource $stream Any stream with a descriptor: a socket, a pipe of a process, STDIN, a file.
     * @throws \TypeError When it is no open stream.
     * @throws \ValueError When it has no descriptor.
     */
    public function onReadable($stream, callable $func): void {}

    /** Whether there was a callback to remove. */
    public function offReadable($stream): bool {}

    /**
     * Calls $func($stream) for as long as $stream takes bytes. Replaces the callback that was set before.
     *
     * @param resource $stream
     * @throws \TypeError When it is no open stream.
     * @throws \ValueError When it has no descriptor.
     */
    public function onWritable($stream, callable $func): void {}

    /** Whether there was a callback to remove. */
    public function offWritable($stream): bool {}

    /**
     * Calls $func($signal) when the process receives $signal. In a worker process this takes the place of what the worker does about the signal itself.
     *
     * @throws \ValueError When the signal cannot be caught.
     */
    public function onSignal(int $signal, callable $func): void {}

    /** Ignores a signal from now on. Whether there was a callback to remove. */
    public function offSignal(int $signal): bool {}

    /** Removes all timers. */
    public function deleteAllTimer(): void {}

    /**
     * Runs the loop until it is stopped.
     *
     * @throws \Error When the loop runs already, as that of a worker process does.
     */
    public function run(): void {}

    /** Ends run(), and forgets all timers, streams and signals. */
    public function stop(): void {}

    /** How many timers there are. */
    public function getTimerCount(): int {}

    /** Sets who hears of the exceptions of callbacks. Without one, those of timers and signals are printed; in a worker process they end it. */
    public function setErrorHandler(callable $errorHandler): void {}

    // The methods that only one class has stand here.
}
