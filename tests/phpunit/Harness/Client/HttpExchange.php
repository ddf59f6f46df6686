<?php

declare(strict_types=1);

namespace Ouvrier\Tests\Harness\Client;

/**
 * One connection of {@see HttpLoad} and the answer that it waits for.
 */
final class HttpExchange
{
    public string $received = '';

    /** @param resource $stream */
    private function __construct(public readonly mixed $stream, private string $request)
    {
    }

    /** Connects and asks; null if the server does not want to. */
    public static function begin(int $port, string $target): ?self
    {
        $stream = @stream_socket_client("tcp://127.0.0.1:$port", $errno, $message, 5.0);
        if ($stream === false) {
            return null;
        }
        stream_set_blocking($stream, false);
        $exchange = new self($stream, "GET $target HTTP/1.1\r\nHost: localhost\r\n\r\n");
        return $exchange->ask() ? $exchange : null;
    }

    public function ask(): bool
    {
        $this->received = '';
        return @fwrite($this->stream, $this->request) === strlen($this->request);
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
