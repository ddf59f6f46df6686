<?php

// Generated from the extension by `make stubs`.

namespace Workerman\Connection;

/**
 * A UDP client. To be closed when it is no longer needed: until then the process keeps it, since an answer may come at any time.
 */
class AsyncUdpConnection extends \Workerman\Connection\UdpConnection
{
    /** @var null|callable(AsyncUdpConnection): void The socket is open. */
    public $onConnect;
    /** @var null|callable(AsyncUdpConnection): void It was closed by close(). */
    public $onClose;
    protected bool $connected = false;
    protected array $contextOption = [];

    /**
     * @param string $remoteAddress `udp://host:port`, or with the name of a protocol for scheme.
     * @param array $contextOption Stream context options: `bindto` and `so_broadcast` of the part `socket`.
     * @throws \RuntimeException When the address or the protocol makes no sense.
     */
    public function __construct($remoteAddress, $contextOption = []) {}

    /** Handles what has been received already. The event loop does this by itself. */
    public function baseRead($socket): void {}

    /** Sends $data, if given, closes the socket and calls onClose. */
    public function close(mixed $data = null, bool $raw = false): void {}

    /**
     * Sends one datagram, and opens the socket before if it is not open. While the name of the host is looked up, datagrams wait.
     *
     * @return ?bool As in {@see UdpConnection::send()}.
     */
    public function send(mixed $sendBuffer, bool $raw = false): ?bool {}

    /**
     * Opens the socket, and calls onConnect: at once if the host is an IP address, otherwise when its name has been looked up. A name that is
     * not found is told to onError (code 1) or, without one, to the log.
     *
     * @throws \TypeError Without an event loop: outside of a worker process and with no $eventLoop.
     */
    public function connect(): void {}
}
