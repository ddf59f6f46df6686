<?php

declare(strict_types=1);

namespace Ouvrier\Tests\Harness\Client;

use Ouvrier\Tests\Harness\Wait;
use RuntimeException;

/**
 * A server inside of the test, for clients that are tested: it does what the test says, one connection after the other.
 */
final class Acceptor
{
    /** @var resource */
    private $socket;

    private string $address;

    /** @param array<string, mixed> $context as for stream_context_create() */
    public function __construct(string $address = 'tcp://127.0.0.1:0', array $context = [])
    {
        $flags = STREAM_SERVER_BIND | STREAM_SERVER_LISTEN;
        $this->socket = stream_socket_server($address, $errno, $message, $flags, stream_context_create($context))
            ?: throw new RuntimeException("cannot listen on $address: $message");
        $this->address = (string) stream_socket_get_name($this->socket, false);
    }

    /** Where it listens, or has listened: `address:port`, or the path of a unix socket. */
    public function address(): string
    {
        return $this->address;
    }

    /** The next connection. */
    public function accept(): Connection
    {
        return Connection::over($this->acceptStream());
    }

    /**
     * The next connection, for one that speaks a protocol.
     *
     * @return resource
     */
    public function acceptStream()
    {
        return stream_socket_accept($this->socket, Wait::DEADLINE) ?: throw new RuntimeException('nobody connected');
    }

    /** Waits for a connection whose TLS handshake comes to nothing. */
    public function refuse(): void
    {
        if (@stream_socket_accept($this->socket, Wait::DEADLINE) !== false) {
            throw new RuntimeException('the handshake came to something');
        }
    }

    public function close(): void
    {
        fclose($this->socket);
    }
}
