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

    public function __construct(string $address = 'tcp://127.0.0.1:0')
    {
        $this->socket = stream_socket_server($address) ?: throw new RuntimeException("cannot listen on $address");
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
        $stream = stream_socket_accept($this->socket, Wait::DEADLINE);
        if ($stream === false) {
            throw new RuntimeException('nobody connected');
        }
        return Connection::over($stream);
    }

    public function close(): void
    {
        fclose($this->socket);
    }
}
