<?php

declare(strict_types=1);

namespace Ouvrier\Tests\Harness\Client;

use Ouvrier\Tests\Harness\Wait;
use RuntimeException;

/**
 * A UDP socket that talks to one peer. Waiting for more than the server sends is an error, never a hang.
 */
final class UdpClient
{
    private const LARGEST = 65_536;

    /** @var resource */
    private $stream;

    public function __construct(string $address)
    {
        $stream = stream_socket_client($address, $errno, $message);
        if ($stream === false) {
            throw new RuntimeException("cannot connect to $address: $message");
        }
        $this->stream = $stream;
    }

    public static function to(int $port): self
    {
        return new self("udp://127.0.0.1:$port");
    }

    public function send(string $datagram): self
    {
        if (stream_socket_sendto($this->stream, $datagram) !== strlen($datagram)) {
            throw new RuntimeException('the datagram was not sent');
        }
        return $this;
    }

    public function receive(): string
    {
        $this->hasData(Wait::DEADLINE) || throw new RuntimeException('nothing arrived in time');
        return (string) stream_socket_recvfrom($this->stream, self::LARGEST);
    }

    public function ask(string $datagram): string
    {
        return $this->send($datagram)->receive();
    }

    /** The answer of a server that replies in JSON. */
    public function askJson(string $datagram): mixed
    {
        return json_decode($this->ask($datagram), true, flags: JSON_THROW_ON_ERROR);
    }

    /** Whether something is there to be received now, or arrives within some seconds. */
    public function hasData(float $seconds = 0.0): bool
    {
        $read = [$this->stream];
        $none = null;
        return stream_select($read, $none, $none, (int) $seconds, (int) (fmod($seconds, 1.0) * 1e6)) === 1;
    }

    public function localAddress(): string
    {
        return (string) stream_socket_get_name($this->stream, false);
    }
}
