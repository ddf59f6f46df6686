<?php

namespace Workerman\Protocols;

/** Websocket, server side (RFC 6455). */
class Websocket
{
    /** $connection->websocketType: send text messages. The default. */
    public const BINARY_TYPE_BLOB = "\x81";
    /** The same, compressed where the handshake has agreed upon that. */
    public const BINARY_TYPE_BLOB_DEFLATE = "\xc1";
    /** $connection->websocketType: send binary messages. */
    public const BINARY_TYPE_ARRAYBUFFER = "\x82";
    /** The same, compressed where the handshake has agreed upon that. */
    public const BINARY_TYPE_ARRAYBUFFER_DEFLATE = "\xc2";

    /**
     * Length of the frame at the front of $buffer when it completes a message; 0 when more is needed. What comes before it, the handshake,
     * control frames and fragments, is answered or kept, and taken off through $connection->consumeRecvBuffer().
     */
    public static function input(string $buffer, \Workerman\Connection\TcpConnection $connection): int {}

    /** A message as a frame. Until the handshake is done it is kept in $connection->context, and the result is empty. */
    public static function encode(mixed $buffer, \Workerman\Connection\TcpConnection $connection): string {}

    /** The payload of a whole frame, joined with the fragments before it. */
    public static function decode(string $buffer, \Workerman\Connection\TcpConnection $connection): string {}

    /** Answers the handshake at the front of $buffer, and goes on with what follows it. */
    public static function dealHandshake(string $buffer, \Workerman\Connection\TcpConnection $connection): int {}

    /**
     * Decompresses what a message holds, with PHP's zlib extension.
     *
     * @return string|false false: more than $maxPackageSize, so the connection has been closed.
     */
    protected static function inflate(\Workerman\Connection\TcpConnection $connection, string $buffer, bool $isFinFrame): string|false {}

    /** Compresses what a message is to hold, with PHP's zlib extension. */
    protected static function deflate(\Workerman\Connection\TcpConnection $connection, string $buffer): string|false {}
}
