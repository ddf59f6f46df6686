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
}
