<?php

declare(strict_types=1);

namespace Ouvrier\Tests\Harness\Client;

/**
 * HTTP/1.1 over one connection that is kept.
 */
final class HttpClient extends Connection
{
    /** @param list<string> $headers */
    public function request(string $method, string $target, array $headers = [], string $body = ''): self
    {
        if ($body !== '') {
            $headers[] = 'Content-Length: ' . strlen($body);
        }
        $lines = ["$method $target HTTP/1.1", 'Host: localhost', ...$headers, '', $body];
        return $this->write(implode("\r\n", $lines));
    }

    /** @return array{status: int, headers: array<string, string>, body: string} header names in lower case */
    public function receive(): array
    {
        $lines = explode("\r\n", rtrim($this->readUntil("\r\n\r\n")));
        $status = (int) explode(' ', array_shift($lines))[1];
        $headers = [];
        foreach ($lines as $line) {
            [$name, $value] = explode(':', $line, 2);
            $headers[strtolower($name)] = trim($value);
        }
        $body = $this->read((int) ($headers['content-length'] ?? 0));
        return ['status' => $status, 'headers' => $headers, 'body' => $body];
    }

    /** @return array{status: int, headers: array<string, string>, body: string} */
    public function get(string $target): array
    {
        return $this->request('GET', $target)->receive();
    }
}
