<?php

// Generated from the extension by `make stubs`.

namespace Workerman\Protocols;

/** What a protocol class offers, as static methods. Implementing the interface is not required. */
interface ProtocolInterface
{
    /** Length of the first package in $buffer; 0 when more is needed to tell, negative to end the connection. */
    public static function input(string $buffer, \Workerman\Connection\ConnectionInterface $connection): int;

    /** The message in a whole package. */
    public static function decode(string $buffer, \Workerman\Connection\ConnectionInterface $connection): mixed;

    /** The package for a message. */
    public static function encode(mixed $data, \Workerman\Connection\ConnectionInterface $connection): string;
}
