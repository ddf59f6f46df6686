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

    /** Sets the folder for uploaded files, if one is given. Returns the folder: by default that of php.ini, or else the system's. */
    public static function uploadTmpDir(?string $dir = null): string {}
}
