<?php

declare(strict_types=1);

namespace Ouvrier\Tests\Harness\Client;

use Ouvrier\Tests\Harness\Wait;
use ReflectionClass;
use RuntimeException;

/**
 * A blocking connection with a deadline. Reading more than the server sends is an error, never a hang.
 */
class Connection
{
    /** @var resource */
    private $stream;

    private string $buffer = '';

    /** @param array<string, mixed> $ssl options for addresses of the scheme `ssl` */
    final public function __construct(string $address, array $ssl = [])
    {
        // Without this a second small write waits for the acknowledgement of the first, up to 40 ms.
        $context = str_starts_with($address, 'unix:') ? [] : ['socket' => ['tcp_nodelay' => true], 'ssl' => $ssl];
        $stream = stream_socket_client(
            $address,
            $errno,
            $message,
            Wait::DEADLINE,
            STREAM_CLIENT_CONNECT,
            stream_context_create($context),
        );
        if ($stream === false) {
            throw new RuntimeException("cannot connect to $address: $message");
        }
        stream_set_timeout($stream, (int) Wait::DEADLINE);
        $this->stream = $stream;
    }

    /** @param resource $stream a connection that was accepted */
    public static function over($stream): static
    {
        $connection = (new ReflectionClass(static::class))->newInstanceWithoutConstructor();
        stream_set_timeout($stream, (int) Wait::DEADLINE);
        $connection->stream = $stream;
        return $connection;
    }

    public static function to(int $port): static
    {
        return new static("tcp://127.0.0.1:$port");
    }

    /**
     * Over TLS.
     *
     * @param array<string, mixed> $ssl
     */
    public static function secure(int $port, array $ssl): static
    {
        return new static("ssl://127.0.0.1:$port", $ssl);
    }

    /** Waits for so many seconds at most, each time, instead of {@see Wait::DEADLINE}. */
    public function patient(int $seconds): static
    {
        stream_set_timeout($this->stream, $seconds);
        return $this;
    }

    public function write(string $bytes): static
    {
        for ($offset = 0; $offset < strlen($bytes); $offset += $written) {
            $written = @fwrite($this->stream, substr($bytes, $offset, 1 << 16));
            if ($written === false || $written === 0) {
                throw new RuntimeException('the server does not take what is sent');
            }
        }
        return $this;
    }

    /** Exactly `$length` bytes. */
    public function read(int $length): string
    {
        while (strlen($this->buffer) < $length) {
            $this->fill() || throw new RuntimeException("closed after: $this->buffer");
        }
        return $this->take($length);
    }

    /** Everything up to and including `$end`. */
    public function readUntil(string $end): string
    {
        while (($position = strpos($this->buffer, $end)) === false) {
            $this->fill() || throw new RuntimeException("closed after: $this->buffer");
        }
        return $this->take($position + strlen($end));
    }

    /** Everything until the server closes. */
    public function readToEnd(): string
    {
        while ($this->fill()) {
        }
        return $this->take(strlen($this->buffer));
    }

    /** Whether something is there to be read now, or arrives within some seconds. */
    public function hasData(float $seconds = 0.0): bool
    {
        $read = [$this->stream];
        $none = null;
        return $this->buffer !== '' || stream_select($read, $none, $none, 0, (int) ($seconds * 1e6)) === 1;
    }

    public function remoteAddress(): string
    {
        return (string) stream_socket_get_name($this->stream, true);
    }

    public function localAddress(): string
    {
        return (string) stream_socket_get_name($this->stream, false);
    }

    /** @return array<string, mixed> what TLS has agreed on: `protocol`, `cipher_name`, `alpn_protocol` */
    public function crypto(): array
    {
        return stream_get_meta_data($this->stream)['crypto'];
    }

    /**
     * Shakes hands over what has been a connection without TLS. Whether that worked.
     *
     * @param array<string, mixed> $ssl
     */
    public function startTls(int $method, array $ssl = []): bool
    {
        stream_context_set_option($this->stream, ['ssl' => $ssl]);
        return @stream_socket_enable_crypto($this->stream, true, $method) === true;
    }

    /** Says that no more will be written, and goes on reading. */
    public function shutdownWrite(): void
    {
        stream_socket_shutdown($this->stream, STREAM_SHUT_WR);
    }

    public function close(): void
    {
        fclose($this->stream);
    }

    /** False at the end of the stream; a reset by the server is an end as well. */
    private function fill(): bool
    {
        $bytes = (string) @fread($this->stream, 1 << 16);
        if ($bytes === '' && stream_get_meta_data($this->stream)['timed_out']) {
            throw new RuntimeException('nothing arrived in time after: ' . substr($this->buffer, 0, 200));
        }
        $this->buffer .= $bytes;
        return $bytes !== '';
    }

    private function take(int $length): string
    {
        $taken = substr($this->buffer, 0, $length);
        $this->buffer = substr($this->buffer, $length);
        return $taken;
    }
}
