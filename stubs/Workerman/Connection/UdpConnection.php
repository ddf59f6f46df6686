<?php

// Generated from the extension by `make stubs`.

namespace Workerman\Connection;

/**
 * The sender of a datagram, as its receiver sees it: each datagram that a worker receives comes with a new object.
 *
 * UDP has no connections: there is no onConnect, no onClose and no onError, and what is sent may get lost without anybody being told.
 */
class UdpConnection extends \Workerman\Connection\ConnectionInterface implements \JsonSerializable
{
    /** Bytes of the largest datagram, headers included; 65507 of them are payload. */
    public const MAX_UDP_PACKAGE_SIZE = 65535;

    public string $transport = 'udp';
    protected bool $connected = false;
    protected $socket;
    protected string $remoteAddress;

    /**
     * @param ?resource $socket A UDP socket to send from, such as {@see \Workerman\Worker::getMainSocket()}.
     * @param string $remoteAddress `ip:port` to send to, unless the socket is connected.
     */
    public function __construct($socket, string $remoteAddress) {}

    /**
     * Sends one datagram, at once.
     *
     * @param mixed $sendBuffer What the protocol encodes: a string.
     * @param bool $raw Send the bytes as they are.
     * @return ?bool true: handed to the system; false: dropped, because it is too large, the system has no room or way for it, or this object is
     *         closed; null: the protocol had nothing to send.
     */
    public function send(mixed $sendBuffer, bool $raw = false): ?bool {}

    /** Address of the peer without the port; an IPv6 address without brackets. */
    public function getRemoteIp(): string {}

    public function getRemotePort(): int {}

    /** Address of the peer with the port. */
    public function getRemoteAddress(): string {}

    public function getLocalIp(): string {}

    public function getLocalPort(): int {}

    public function getLocalAddress(): string {}

    /** Sends $data, if given, and lets go of the socket. The worker goes on receiving. */
    public function close(mixed $data = null, bool $raw = false): void {}

    public function isIpV4(): bool {}

    public function isIpV6(): bool {}

    /**
     * The socket as a PHP stream: of a datagram that a worker received, the worker's.
     *
     * @return ?resource null once closed.
     */
    public function getSocket() {}

    public function jsonSerialize(): array {}
}
