<?php

// Generated from the extension by `make stubs`.

namespace Workerman\Protocols;

/** Websocket, server side (RFC 6455). */
class Websocket
{
    /** $connection->websocketType: send text messages. The default. */
    public const BINARY_TYPE_BLOB = "\x81";
    public const BINARY_TYPE_BLOB_DEFLATE = "\xC1";
    /** $connection->websocketType: send binary messages. */
    public const BINARY_TYPE_ARRAYBUFFER = "\x82";
    public const BINARY_TYPE_ARRAYBUFFER_DEFLATE = "\xC2";
}
