<?php

declare(strict_types=1);

namespace Ouvrier\Tests\Harness\Client;

/**
 * Packages behind a big-endian 32-bit length that counts itself.
 */
final class FrameClient extends Connection
{
    public function send(string $payload): self
    {
        return $this->write(pack('N', strlen($payload) + 4) . $payload);
    }

    public function receive(): string
    {
        return $this->read(unpack('N', $this->read(4))[1] - 4);
    }
}
