<?php

declare(strict_types=1);

namespace Ouvrier\Tests\Harness;

/**
 * What /proc tells about processes.
 */
final class ProcessTable
{
    /** @return list<int> the living children of a process, oldest first */
    public static function children(int $parent): array
    {
        $children = [];
        foreach (glob('/proc/[0-9]*/stat') ?: [] as $file) {
            $stat = self::stat((int) basename(dirname($file)));
            if ($stat !== null && $stat['parent'] === $parent && $stat['state'] !== 'Z') {
                $children[] = $stat['pid'];
            }
        }
        sort($children);
        return $children;
    }

    /** A zombie has ended: only its parent has not yet asked for its status. */
    public static function isAlive(int $pid): bool
    {
        $stat = self::stat($pid);
        return $stat !== null && $stat['state'] !== 'Z';
    }

    public static function session(int $pid): int
    {
        return self::stat($pid)['session'] ?? 0;
    }

    /** @return list<int> every living process of a process group */
    public static function group(int $group): array
    {
        $members = [];
        foreach (glob('/proc/[0-9]*/stat') ?: [] as $file) {
            $stat = self::stat((int) basename(dirname($file)));
            if ($stat !== null && $stat['group'] === $group && $stat['state'] !== 'Z') {
                $members[] = $stat['pid'];
            }
        }
        return $members;
    }

    public static function residentBytes(int $pid): int
    {
        preg_match('/^VmRSS:\s+(\d+) kB/m', (string) @file_get_contents("/proc/$pid/status"), $match);
        return 1024 * (int) ($match[1] ?? 0);
    }

    /** The most that was ever resident. */
    public static function peakBytes(int $pid): int
    {
        preg_match('/^VmHWM:\s+(\d+) kB/m', (string) @file_get_contents("/proc/$pid/status"), $match);
        return 1024 * (int) ($match[1] ?? 0);
    }

    /** How often the threads of a process have been woken and gone to sleep again. */
    public static function contextSwitches(int $pid): int
    {
        $switches = 0;
        foreach (glob("/proc/$pid/task/*/status") ?: [] as $status) {
            preg_match('/^voluntary_ctxt_switches:\s+(\d+)/m', (string) @file_get_contents($status), $match);
            $switches += (int) ($match[1] ?? 0);
        }
        return $switches;
    }

    /** @return array{pid: int, state: string, parent: int, group: int, session: int}|null */
    private static function stat(int $pid): ?array
    {
        $line = (string) @file_get_contents("/proc/$pid/stat");
        // The command name stands in parentheses and may itself hold spaces and parentheses.
        $fields = explode(' ', substr($line, (int) strrpos($line, ')') + 2));
        if (count($fields) < 4) {
            return null;
        }
        return [
            'pid' => $pid,
            'state' => $fields[0],
            'parent' => (int) $fields[1],
            'group' => (int) $fields[2],
            'session' => (int) $fields[3],
        ];
    }
}
