<?php

// Generated from the extension by `make stubs`.

namespace Workerman\Protocols;

/**
 * Websocket, client side: the protocol of ws:// and wss://.
 *
 * $connection->headers are further fields of the handshake. The dynamic properties websocketClientProtocol (subprotocols), websocketOrigin,
 * websocketPingInterval (seconds) and websocketType (one of the constants below) are read where they are set.
 *
 * @link https://www.workerman.net/doc/workerman/appendices/about-ws.html
 */
class Ws
{
    /** Messages are sent as text. */
    public const BINARY_TYPE_BLOB = "\x81";
    /** Messages are sent as binary data. */
    public const BINARY_TYPE_ARRAYBUFFER = "\x82";

    /** Handles what is no whole message, and returns the length of the message at the front of $buffer, or 0. */
    public static function input(string $buffer, \Workerman\Connection\AsyncTcpConnection $connection): int {}

    /** A masked frame; an empty string when it waits for the handshake. */
    public static function encode(string $payload, \Workerman\Connection\AsyncTcpConnection $connection): string {}

    public static function decode(string $bytes, \Workerman\Connection\AsyncTcpConnection $connection): string {}

    /** Sends the handshake. */
    public static function onConnect(\Workerman\Connection\AsyncTcpConnection $connection): void {}

    /** Forgets the handshake. */
    public static function onClose(\Workerman\Connection\AsyncTcpConnection $connection): void {}

    /** Sends the request of the handshake, unless that has been done. */
    public static function sendHandshake(\Workerman\Connection\AsyncTcpConnection $connection): void {}

    /** Reads the answer to the handshake at the front of $buffer, and calls onWebSocketConnect; closes when it does not let us in. */
    public static function dealHandshake(string $buffer, \Workerman\Connection\AsyncTcpConnection $connection): int|bool {}

    /** What a server answered, without a body. */
    protected static function parseResponse(string $buffer): \Workerman\Protocols\Http\Response {}
}
