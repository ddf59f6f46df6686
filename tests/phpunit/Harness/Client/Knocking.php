<?php

declare(strict_types=1);

namespace Ouvrier\Tests\Harness\Client;

use Ouvrier\Tests\Harness\Wait;

/**
 * Connects to all of some addresses again and again, and counts who is not let in.
 */
final class Knocking
{
    /** @var list<string> */
    public array $refusals = [];

    public int $knocks = 0;

    /** @var list<string> */
    private array $addresses;

    public function __construct(string ...$addresses)
    {
        $this->addresses = $addresses;
    }

    /** Goes on until the sign is there. */
    public function until(callable $sign, string $what): mixed
    {
        return Wait::until(function () use ($sign): mixed {
            array_map($this->knock(...), $this->addresses);
            return $sign();
        }, $what);
    }

    private function knock(string $address): void
    {
        $this->knocks++;
        $stream = @stream_socket_client($address, $errno, $message, Wait::DEADLINE);
        if ($stream === false) {
            $this->refusals[] = "$address: $message";
        } else {
            fclose($stream);
        }
    }
}
