<?php

// Generated from the extension by `make stubs`.

namespace Workerman\Protocols;

/** Packages behind their length: 32 bits, big endian, these four bytes included. */
class Frame
{
    /** Length of the first package in $buffer, or 0 when it is not known yet. */
    public static function input(string $buffer): int {}

    /** The package without its length. */
    public static function decode(string $buffer): string {}

    /** The package with its length. */
    public static function encode(string $data): string {}
}
