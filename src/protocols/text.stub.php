<?php

namespace Workerman\Protocols;

/** Lines. */
class Text
{
    /** Length of the first line in $buffer with its end, or 0 when it has none yet. */
    public static function input(string $buffer, \Workerman\Connection\ConnectionInterface $connection): int {}

    /** The line with its end. */
    public static function encode(string $buffer): string {}

    /** The line without its end. */
    public static function decode(string $buffer): string {}
}
