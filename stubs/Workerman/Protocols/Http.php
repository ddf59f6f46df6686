<?php

// Generated from the extension by `make stubs`.

namespace Workerman\Protocols;

/** HTTP/1.1, server side: messages are Http\Request objects, replies are strings or Http\Response objects. */
class Http
{
    /** Answer to a request that is none. */
    protected const HTTP_400 = "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n";
    /** Answer to a request larger than $maxPackageSize. */
    protected const HTTP_413 = "HTTP/1.1 413 Payload Too Large\r\nConnection: close\r\n\r\n";
    /** Answer to a request whose head is larger than MAX_HEADER_LENGTH. */
    protected const HTTP_431 = "HTTP/1.1 431 Request Header Fields Too Large\r\nConnection: close\r\n\r\n";
    /** Bytes of the largest request head. */
    protected const MAX_HEADER_LENGTH = 16384;

    protected static string $requestClass = 'Workerman\\Protocols\\Http\\Request';
    protected static string $uploadTmpDir = '';

    /** Sets the class of requests, a subclass of Http\Request, if one is given. Returns the class. */
    public static function requestClass(?string $className = null): string {}

    /** Sets the directory of uploaded files, if one is given. Returns the directory; at first that of php.ini, or the system's. */
    public static function uploadTmpDir(?string $dir = null): string {}

    /**
     * Length of the request at the front of $buffer, as soon as its head tells; 0 when it does not yet.
     * A request that is none is answered through $connection->end().
     */
    public static function input(string $buffer, \Workerman\Connection\TcpConnection $connection): int {}

    /** The request in a whole package, an object of the class that requestClass() names. */
    public static function decode(string $buffer, \Workerman\Connection\TcpConnection $connection): mixed {}

    /** A response, or the text of a 200 OK, on the wire. Takes $connection->headers into it. */
    public static function encode(mixed $response, \Workerman\Connection\TcpConnection $connection): string {}

    /** input() of a request whose head of $headerLength bytes announces a chunked body. */
    protected static function inputChunked(string $buffer, \Workerman\Connection\TcpConnection $connection, int $headerLength): int {}

    /**
     * A chunked request as one that has a Content-Length, and its trailers by lower-case name.
     *
     * @return array{string, array<string, string>}
     */
    protected static function decodeChunked(string $buffer, int $headerEnd): array {}

    /**
     * Sends what can be read from a stream, as fast as the client reads, and closes the stream. encode() calls it for files of 2 MiB and more where
     * a subclass has its own.
     *
     * @param resource $handler
     * @param int $offset Where to begin; 0 for where the stream stands.
     * @param int $length Bytes to send; 0 for all there are.
     */
    protected static function sendStream(\Workerman\Connection\TcpConnection $connection, $handler, int $offset = 0, int $length = 0): void {}
}
