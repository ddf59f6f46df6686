<?php

declare(strict_types=1);

namespace Ouvrier\Tests\Harness;

use RuntimeException;

/**
 * Waits for a sign that another process gives: a port that listens, a line in its output, its end.
 *
 * Signs of this kind cannot be selected on, so they are asked for again and again. How long the waiting takes is never
 * part of what a test asserts; the deadline only turns a hang into a failure.
 */
final class Wait
{
    public const DEADLINE = 20.0;

    private const PAUSE_MICROSECONDS = 2_000;

    /**
     * Returns the first truthy value of `$sign`.
     *
     * @template T
     * @param callable(): T $sign
     * @return T
     */
    public static function until(callable $sign, string $what, float $seconds = self::DEADLINE): mixed
    {
        $deadline = hrtime(true) + (int) ($seconds * 1e9);
        while (!($value = $sign())) {
            if (hrtime(true) > $deadline) {
                throw new RuntimeException("waited $seconds seconds in vain for: $what");
            }
            usleep(self::PAUSE_MICROSECONDS);
        }
        return $value;
    }
}
