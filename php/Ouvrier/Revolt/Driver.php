<?php

declare(strict_types=1);

namespace Ouvrier\Revolt;

use Revolt\EventLoop\Internal\AbstractDriver;
use Revolt\EventLoop\Internal\DriverCallback;
use Revolt\EventLoop\Internal\SignalCallback;
use Revolt\EventLoop\Internal\StreamReadableCallback;
use Revolt\EventLoop\Internal\StreamWritableCallback;
use Revolt\EventLoop\Internal\TimerCallback;
use Revolt\EventLoop\Internal\TimerQueue;
use Revolt\EventLoop\UnsupportedFeatureException;
use Workerman\Events\EventInterface;

/**
 * Revolt's event loop on a native one: streams and signals are watched by the native loop, which runs a turn for each tick of Revolt's.
 */
final class Driver extends AbstractDriver
{
    private readonly TimerQueue $timers;

    /** @var array<int, array<string, StreamReadableCallback>> by stream, by id */
    private array $readers = [];

    /** @var array<int, array<string, StreamWritableCallback>> by stream, by id */
    private array $writers = [];

    /** @var array<int, array<string, SignalCallback>> by signal, by id */
    private array $signals = [];

    /** Keeps run() going for as long as the native loop has something to wait for. */
    private ?string $hold = null;

    /**
     * @param \Closure(?float): bool $turn Runs one turn of at most so many seconds; whether there is something to wait for.
     * @param \Closure(): bool $waits Whether there is, without a turn. What this driver has asked for does not count for either.
     */
    public function __construct(
        private readonly EventInterface $loop,
        private readonly \Closure $turn,
        private readonly \Closure $waits,
    ) {
        parent::__construct();
        $this->timers = new TimerQueue();
    }

    /** Runs until stop(), or until neither loop has anything left to wait for. */
    public function run(): void
    {
        if ($this->hold !== null) {
            parent::run();
            return;
        }
        $this->hold = $this->repeat(1e9, static function (): void {});
        ($this->waits)() || $this->unreference($this->hold);
        try {
            parent::run();
        } finally {
            $this->cancel($this->hold);
            $this->hold = null;
        }
    }

    public function getHandle(): EventInterface
    {
        return $this->loop;
    }

    public function readable(mixed $stream): void
    {
        $this->enqueue($this->readers[(int) $stream] ?? []);
    }

    public function writable(mixed $stream): void
    {
        $this->enqueue($this->writers[(int) $stream] ?? []);
    }

    public function signalled(int $signal): void
    {
        $this->enqueue($this->signals[$signal] ?? []);
    }

    protected function now(): float
    {
        return hrtime(true) / 1e9;
    }

    protected function activate(array $callbacks): void
    {
        foreach ($callbacks as $callback) {
            match (true) {
                $callback instanceof TimerCallback => $this->timers->insert($callback),
                $callback instanceof StreamReadableCallback => $this->add($this->readers, (int) $callback->stream, $callback)
                    && $this->loop->onReadable($callback->stream, [$this, 'readable']),
                $callback instanceof StreamWritableCallback => $this->add($this->writers, (int) $callback->stream, $callback)
                    && $this->loop->onWritable($callback->stream, [$this, 'writable']),
                $callback instanceof SignalCallback => $this->add($this->signals, $callback->signal, $callback)
                    && $this->catch($callback->signal),
            };
        }
    }

    protected function deactivate(DriverCallback $callback): void
    {
        match (true) {
            $callback instanceof TimerCallback => $this->timers->remove($callback),
            $callback instanceof StreamReadableCallback => $this->remove($this->readers, (int) $callback->stream, $callback)
                && $this->loop->offReadable($callback->stream),
            $callback instanceof StreamWritableCallback => $this->remove($this->writers, (int) $callback->stream, $callback)
                && $this->loop->offWritable($callback->stream),
            $callback instanceof SignalCallback => $this->remove($this->signals, $callback->signal, $callback)
                && $this->loop->offSignal($callback->signal),
        };
    }

    protected function dispatch(bool $blocking): void
    {
        $due = $this->timers->peek();
        $waits = ($this->turn)(match (true) {
            !$blocking => 0.0,
            $due === null => null,
            default => max(0.0, $due - $this->now()),
        });
        if ($this->hold !== null) {
            $waits ? $this->reference($this->hold) : $this->unreference($this->hold);
        }
        $now = $this->now();
        while ($callback = $this->timers->extract($now)) {
            $this->enqueueCallback($callback);
        }
    }

    private function catch(int $signal): void
    {
        try {
            $this->loop->onSignal($signal, [$this, 'signalled']);
        } catch (\ValueError $error) {
            throw new UnsupportedFeatureException($error->getMessage(), 0, $error);
        }
    }

    /** Whether it is the first one. */
    private function add(array &$callbacks, int $key, DriverCallback $callback): bool
    {
        $isFirst = !isset($callbacks[$key]);
        $callbacks[$key][$callback->id] = $callback;
        return $isFirst;
    }

    /** Whether it was the last one. */
    private function remove(array &$callbacks, int $key, DriverCallback $callback): bool
    {
        unset($callbacks[$key][$callback->id]);
        if (($callbacks[$key] ?? []) !== []) {
            return false;
        }
        unset($callbacks[$key]);
        return true;
    }

    /** @param array<string, DriverCallback> $callbacks */
    private function enqueue(array $callbacks): void
    {
        foreach ($callbacks as $callback) {
            $this->enqueueCallback($callback);
        }
    }
}
