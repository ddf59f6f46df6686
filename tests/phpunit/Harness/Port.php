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

    /** Up to where others may have ports of their own. */
    private const FIRST = 10_000;

    /** @var list<resource> unix sockets whose names say to other test runs that the ports are given away */
    private static array $marks = [];

    /**
     * A port that nobody uses, and that no other test run is given. It is below those that the system gives to clients: one of their connections could
     * have taken it before the server binds.
     */
    public static function free(): int
    {
        [$below] = sscanf((string) file_get_contents('/proc/sys/net/ipv4/ip_local_port_range'), '%d');
        for ($i = 0; $i < 1000; $i++) {
            $port = random_int(self::FIRST, $below - 1);
            $mark = @stream_socket_server("unix://\0ouvrier-test-port-$port");
            $socket = $mark === false ? false : @stream_socket_server("tcp://127.0.0.1:$port");
            if ($socket !== false) {
                fclose($socket);
                self::$marks[] = $mark;
                return $port;
            }
        }
        throw new RuntimeException('no free port');
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
        return self::listenersIn('/proc/net/tcp', $port) + self::listenersIn('/proc/net/tcp6', $port);
    }

    /** Those that listen stand first. The rest may be long, and is costly to read. */
    private static function listenersIn(string $table, int $port): int
    {
        $file = @fopen($table, 'r');
        if ($file === false) {
            return 0;
        }
        $count = 0;
        $address = sprintf(':%04X', $port);
        fgets($file);
        while (sscanf((string) fgets($file), '%d: %s %s %s', $_, $local, $_, $state) === 4 && $state === self::STATE_LISTEN) {
            $count += (int) str_ends_with($local, $address);
        }
        fclose($file);
        return $count;
    }
}
