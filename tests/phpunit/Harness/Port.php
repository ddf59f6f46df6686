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

    /** How many ports a test run has, which it uses in turn. */
    private const OWN = 500;

    /** The first port of this test run. */
    private static int $first;

    /** @var resource a unix socket whose name says to other test runs whose the ports are: one, since descriptors beyond 1024 are no good for select() */
    private static $mark;

    private static int $used = 0;

    /**
     * A port that nobody uses, and that no other test run is given. It is below those that the system gives to clients: one of their connections could
     * have taken it before the server binds.
     */
    public static function free(): int
    {
        self::$first ??= self::take();
        for ($i = 0; $i < self::OWN; $i++) {
            $port = self::$first + self::$used++ % self::OWN;
            $socket = @stream_socket_server("tcp://127.0.0.1:$port");
            if ($socket !== false) {
                fclose($socket);
                return $port;
            }
        }
        throw new RuntimeException('no free port');
    }

    /** Takes ports that are no other test run's. */
    private static function take(): int
    {
        [$below] = sscanf((string) file_get_contents('/proc/sys/net/ipv4/ip_local_port_range'), '%d');
        for ($first = self::FIRST; $first + self::OWN <= $below; $first += self::OWN) {
            $mark = @stream_socket_server("unix://\0ouvrier-test-ports-$first");
            if ($mark !== false) {
                self::$mark = $mark;
                return $first;
            }
        }
        throw new RuntimeException('all ports are taken by other test runs');
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
