<?php

declare(strict_types=1);

namespace Ouvrier\Tests\Harness;

/**
 * Which process holds which TCP socket, from /proc.
 */
final class SocketTable
{
    /**
     * The process that has accepted the connection between a port it serves and a client's port.
     *
     * @param list<int> $candidates
     */
    public static function acceptor(int $port, int $clientPort, array $candidates): ?int
    {
        $inode = self::inode($port, $clientPort);
        foreach ($candidates as $pid) {
            if ($inode !== null && self::holds($pid, $inode)) {
                return $pid;
            }
        }
        return null;
    }

    private static function inode(int $port, int $clientPort): ?int
    {
        $pattern = sprintf('/^ *\d+: [0-9A-F]+:%04X [0-9A-F]+:%04X (?:\S+ +){6}(\d+)/m', $port, $clientPort);
        foreach (['/proc/net/tcp', '/proc/net/tcp6'] as $table) {
            if (preg_match($pattern, (string) @file_get_contents($table), $match)) {
                return (int) $match[1];
            }
        }
        return null;
    }

    private static function holds(int $pid, int $inode): bool
    {
        foreach (glob("/proc/$pid/fd/*") ?: [] as $descriptor) {
            if (@readlink($descriptor) === "socket:[$inode]") {
                return true;
            }
        }
        return false;
    }
}
