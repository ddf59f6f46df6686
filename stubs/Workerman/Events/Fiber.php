<?php

// Generated from the extension by `make stubs`.

namespace Workerman\Events;

final class Fiber implements \Workerman\Events\EventInterface
{
    public function delay(float $delay, callable $func, array $args = []): int {}

    public function repeat(float $interval, callable $func, array $args = []): int {}

    public function offDelay(int $timerId): bool {}

    public function offRepeat(int $timerId): bool {}

    public function onReadable($stream, callable $func): void {}

    public function offReadable($stream): bool {}

    public function onWritable($stream, callable $func): void {}

    public function offWritable($stream): bool {}

    public function onSignal(int $signal, callable $func): void {}

    public function offSignal(int $signal): bool {}

    public function deleteAllTimer(): void {}

    public function run(): void {}

    public function stop(): void {}

    public function getTimerCount(): int {}

    public function setErrorHandler(callable $errorHandler): void {}

    public function __construct() {}

    public function driver(): \Revolt\EventLoop\Driver {}

    protected function safeCall(callable $func, ...$args): void {}
}
