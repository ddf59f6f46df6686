<?php

declare(strict_types=1);

namespace Ouvrier\Tests\Harness\Client;

use RuntimeException;

/**
 * RFC 6455 from the client's side: whole messages for most tests, single frames for the rest.
 */
final class WebsocketClient extends Connection
{
    public const CONTINUATION = 0x0;
    public const TEXT = 0x1;
    public const BINARY = 0x2;
    public const CLOSE = 0x8;
    public const PING = 0x9;
    public const PONG = 0xA;

    private const ACCEPT_GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

    /** A connection whose handshake is done. */
    public static function open(int $port, string $target = '/'): self
    {
        $client = self::to($port);
        $client->handshake($target);
        return $client;
    }

    /**
     * @param list<string> $headers
     * @param string $behind what is sent together with the request
     */
    public function requestHandshake(string $target = '/', array $headers = [], string $behind = ''): string
    {
        $key = base64_encode(random_bytes(16));
        $this->write(implode("\r\n", [
            "GET $target HTTP/1.1",
            'Host: localhost',
            'Upgrade: websocket',
            'Connection: Upgrade',
            "Sec-WebSocket-Key: $key",
            'Sec-WebSocket-Version: 13',
            ...$headers,
            "\r\n",
        ]) . $behind);
        return base64_encode(sha1($key . self::ACCEPT_GUID, true));
    }

    /** @return string the head of the server's answer */
    public function handshake(string $target = '/'): string
    {
        $accept = $this->requestHandshake($target);
        $head = $this->readUntil("\r\n\r\n");
        if (!str_starts_with($head, 'HTTP/1.1 101 ') || !str_contains($head, $accept)) {
            throw new RuntimeException("not a websocket handshake: $head");
        }
        return $head;
    }

    public function send(string $message, int $opcode = self::TEXT): self
    {
        return $this->sendFrame($opcode, $message);
    }

    public function sendFrame(int $opcode, string $payload, bool $final = true): self
    {
        return $this->write(self::frame($opcode, $payload, $final));
    }

    /** The payload of the next message; pings and pongs are not skipped, they are an error. */
    public function receive(): string
    {
        [$opcode, $payload] = $this->receiveFrame();
        if ($opcode !== self::TEXT && $opcode !== self::BINARY) {
            throw new RuntimeException("a frame of opcode $opcode in place of a message");
        }
        return $payload;
    }

    /** @return array{int, string} opcode and payload of a whole frame, which the server must not mask */
    public function receiveFrame(): array
    {
        [$first, $payload] = $this->receiveBytes();
        return [$first & 0x0F, $payload];
    }

    /** @return array{int, string} the whole first byte and the payload of a frame */
    public function receiveBytes(): array
    {
        [$first, $second] = array_values(unpack('C2', $this->read(2)));
        if ($second & 0x80) {
            throw new RuntimeException('the server masks its frames');
        }
        $length = match ($second) {
            126 => unpack('n', $this->read(2))[1],
            127 => unpack('J', $this->read(8))[1],
            default => $second,
        };
        return [$first, $this->read($length)];
    }

    public function ask(string $message): string
    {
        return $this->send($message)->receive();
    }

    /**
     * Asks for a pong and takes it. The server handles frames in order, so whatever it had sent before must have been
     * read already: a stray message arrives in place of the pong.
     */
    public function expectNothingPending(): void
    {
        $token = bin2hex(random_bytes(4));
        [$opcode, $payload] = $this->sendFrame(self::PING, $token)->receiveFrame();
        if ($opcode !== self::PONG || $payload !== $token) {
            throw new RuntimeException("a stray frame of opcode $opcode: $payload");
        }
    }

    /** A masked frame as bytes. */
    public static function frame(int $opcode, string $payload, bool $final = true): string
    {
        $length = strlen($payload);
        $header = chr(($final ? 0x80 : 0) | $opcode) . match (true) {
            $length < 126 => chr(0x80 | $length),
            $length < 65536 => chr(0x80 | 126) . pack('n', $length),
            default => chr(0x80 | 127) . pack('J', $length),
        };
        $mask = random_bytes(4);
        return $header . $mask . ($payload ^ str_pad('', $length, $mask));
    }
}
