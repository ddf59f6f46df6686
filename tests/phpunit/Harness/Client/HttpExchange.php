<?php

declare(strict_types=1);

namespace Ouvrier\Tests\Harness\Client;

/**
 * One connection of {@see HttpLoad} and the answer that it waits for.
 */
final class HttpExchange
{
    public string $received = '';

    /** Seconds from before the request before the last one, or before the connection was made, until the last one was sent. */
    public float $pause = 0.0;

    /** @param resource $stream */
    private function __construct(public readonly mixed $stream, private string $request, private float $before)
    {
    }

    /** Connects and asks; null if the server does not want to. */
    public static function begin(int $port, string $target): ?self
    {
        $before = hrtime(true) / 1e9;
        $stream = @stream_socket_client("tcp://127.0.0.1:$port", $errno, $message, 5.0);
        if ($stream === false) {
            return null;
        }
        stream_set_blocking($stream, false);
        $exchange = new self($stream, "GET $target HTTP/1.1\r\nHost: localhost\r\n\r\n", $before);
        return $exchange->ask() ? $exchange : null;
    }

    public function ask(): bool
    {
        $this->received = '';
        $before = hrtime(true) / 1e9;
        $written = @fwrite($this->stream, $this->request);
        $this->pause = hrtime(true) / 1e9 - $this->before;
        $this->before = $before;
        return $written === strlen($this->request);
    }

    /** False at the end of the stream. */
    public function read(): bool
    {
        $bytes = (string) @fread($this->stream, 1 << 16);
        $this->received .= $bytes;
        return $bytes !== '' || !feof($this->stream);
    }

    /** @return array{head: string, body: string}|null the whole answer */
    public function answer(): ?array
    {
        $end = strpos($this->received, "\r\n\r\n");
        if ($end === false || !preg_match('/\r\ncontent-length: (\d+)/i', $this->received, $length)) {
            return null;
        }
        $body = substr($this->received, $end + 4);
        return strlen($body) < (int) $length[1] ? null : ['head' => substr($this->received, 0, $end), 'body' => $body];
    }
}
