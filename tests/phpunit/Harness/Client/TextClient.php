<?php

declare(strict_types=1);

namespace Ouvrier\Tests\Harness\Client;

/**
 * Lines that end with a line feed.
 */
final class TextClient extends Connection
{
    public function send(string $line): self
    {
        return $this->write("$line\n");
    }

    public function receive(): string
    {
        return rtrim($this->readUntil("\n"), "\n");
    }

    public function ask(string $line): string
    {
        return $this->send($line)->receive();
    }

    /** The answer of a server that replies in JSON. */
    public function askJson(string $line): mixed
    {
        return json_decode($this->ask($line), true, flags: JSON_THROW_ON_ERROR);
    }
}
