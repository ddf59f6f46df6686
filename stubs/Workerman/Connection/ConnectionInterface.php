<?php

// Generated from the extension by `make stubs`.

namespace Workerman\Connection;

/** What all connections have in common. An abstract class, whatever its name says. */
#[\AllowDynamicProperties]
abstract class ConnectionInterface
{
    /** Code of onError: the connection could not be made. */
    public const CONNECT_FAIL = 1;
    /** Code of onError: something sent was lost. */
    public const SEND_FAIL = 2;

    /** @var array{connection_count: int, total_request: int, throw_exception: int, send_fail: int} Counters of this process. */
    public static array $statistics = [
        'connection_count' => 0,
        'total_request' => 0,
        'throw_exception' => 0,
        'send_fail' => 0,
    ];
    /** Class of the protocol, or null for none. */
    public ?string $protocol = null;
    /** @var null|callable(TcpConnection, mixed): void */
    public $onMessage;
    /** @var null|callable(TcpConnection): void */
    public $onClose;
    /** @var null|callable(TcpConnection, int, mixed): void */
    public $onError;
    public ?\Workerman\Events\EventInterface $eventLoop = null;
    /** @var null|callable(\Throwable): void Takes what a callback of this connection throws; otherwise the process ends with status 250. */
    public $errorHandler;

    abstract public function send(mixed $sendBuffer, bool $raw = false): ?bool;

    abstract public function getRemoteIp(): string;

    abstract public function getRemotePort(): int;

    abstract public function getRemoteAddress(): string;

    abstract public function getLocalIp(): string;

    abstract public function getLocalPort(): int;

    abstract public function getLocalAddress(): string;

    abstract public function close(mixed $data = null, bool $raw = false): void;

    abstract public function isIpV4(): bool;

    abstract public function isIpV6(): bool;

    /** Hands an exception to errorHandler, or stops the process with status 250. */
    public function error(\Throwable $exception): void {}
}
