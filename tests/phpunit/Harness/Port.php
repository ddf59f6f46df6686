<?php

declare(strict_types=1);

namespace Ouvrier\Tests\Harness;

use RuntimeException;

/**
 * Ports of this machine, seen without connecting to them: a probing connection would be counted by the server.
 */
final class Port
{
    private const STATE_LISTEN = '0A';

    /** A port that was free a moment ago. */
    public static function free(): int
    {
        $socket = stream_socket_server('tcp://127.0.0.1:0');
        if ($socket === false) {
            throw new RuntimeException('no free port');
        }
        $name = (string) stream_socket_get_name($socket, false);
        fclose($socket);
        return (int) substr($name, strrpos($name, ':') + 1);
    }

    /** Whether a UDP socket is bound to the port. */
    public static function isBound(int $port): bool
    {
        $pattern = sprintf('/^ *\d+: [0-9A-F]+:%04X /m', $port);
        return preg_match($pattern, @file_get_contents('/proc/net/udp') . @file_get_contents('/proc/net/udp6')) === 1;
    }

    public static function isListening(int $port): bool
    {
        return self::listeners($port) > 0;
    }

    /** How many sockets listen on the port; more than one only with SO_REUSEPORT. */
    public static function listeners(int $port): int
    {
        $pattern = sprintf('/^ *\d+: [0-9A-F]+:%04X [0-9A-F:]+ %s /m', $port, self::STATE_LISTEN);
        return array_sum(array_map(
            static fn (string $table): int => preg_match_all($pattern, (string) @file_get_contents($table)),
            ['/proc/net/tcp', '/proc/net/tcp6'],
        ));
    }
}
