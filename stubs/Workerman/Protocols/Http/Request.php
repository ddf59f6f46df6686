<?php

// Generated from the extension by `make stubs`.

namespace Workerman\Protocols\Http;

/**
 * A request. Its parts are read from the buffer when they are asked for.
 *
 * @link https://www.workerman.net/doc/workerman/http/request.html
 */
class Request implements \Stringable
{
    public const MAX_CACHE_STRING_LENGTH = 4096;
    public const MAX_CACHE_SIZE = 256;

    public static int $maxFileUploads = 1024;
    /** The connection that the request came on. */
    public ?\Workerman\Connection\TcpConnection $connection = null;
    /** Values of properties that the class does not declare. */
    public array $properties = [];
    /** Room for what belongs to the request. */
    public array $context = [];
    /** Parts that were asked for already. A subclass may put its own in their place. */
    protected array $data = [];
    protected bool $isSafe = true;
    protected ?array $chunkTrailers = null;
    protected string $buffer;

    /** @param string $buffer The request as it came over the wire. */
    public function __construct(string $buffer) {}

    /** Trailer fields of a chunked request, by lower-case name. */
    public function setChunkTrailers(array $trailers): void {}

    /** A parameter of the query, or all of them. */
    public function get(?string $name = null, mixed $default = null): mixed {}

    /** A field of a form or JSON body, or all of them. */
    public function post(?string $name = null, mixed $default = null): mixed {}

    /** A header field by name in any case, or all of them by lower-case name. Fields of one name are joined by commas. */
    public function header(?string $name = null, mixed $default = null): mixed {}

    /** A trailer field of a chunked request, or all of them. */
    public function trailer(?string $name = null, mixed $default = null): mixed {}

    /** A cookie as it was sent, not decoded, or all of them. */
    public function cookie(?string $name = null, mixed $default = null): mixed {}

    /**
     * An uploaded file, or all of them: `name`, `tmp_name`, `size`, `error`, `full_path` and `type`, or arrays of these, as their names say.
     *
     * `name`, `full_path` and `type` are what the client says. The file is removed with the request; to keep it, move it.
     */
    public function file(?string $name = null): mixed {}

    public function method(): string {}

    /** Such as "1.1". */
    public function protocolVersion(): string {}

    public function host(bool $withoutPort = false): ?string {}

    /** Path and query as they were sent. */
    public function uri(): string {}

    public function path(): string {}

    public function queryString(): string {}

    /** The session of the client. To be asked for before the response is sent, since a new session comes with a cookie. */
    public function session(): \Workerman\Protocols\Http\Session {}

    /** The id of the session: the one that is given, or that the client has sent, or a new one. */
    public function sessionId(?string $sessionId = null): string {}

    /** Whether it is 16 to 256 letters, digits, commas and hyphens. */
    public function isValidSessionId(mixed $sessionId): bool {}

    /** Gives the session a new id, as there should be one after a login. */
    public function sessionRegenerateId(bool $deleteOldSession = false): string {}

    /** 32 hexadecimal digits, from a source that nobody can guess. */
    public static function createSessionId(): string {}

    /** Request line and header fields. */
    public function rawHead(): string {}

    public function rawBody(): string {}

    public function rawBuffer(): string {}

    public function __toString(): string {}

    public function __set(string $name, mixed $value): void {}

    public function __get(string $name): mixed {}

    public function __isset(string $name): bool {}

    public function __unset(string $name): void {}

    public function __unserialize(array $data): void {}

    /** Lets go of the connection, the session and the properties. */
    public function destroy(): void {}

    /** Removes uploaded files. */
    public function __destruct() {}

    /** Puts 'path' and 'query_string' into $data, both from uri(). */
    protected function parseUriComponents(): void {}

    /** Puts 'method' and 'uri' into $data. */
    protected function parseHeadFirstLine(): void {}

    /** Puts 'protocolVersion' into $data. */
    protected function parseProtocolVersion(): void {}

    /** Puts 'headers' into $data, from rawHead(). */
    protected function parseHeaders(): void {}

    /** Puts 'get' into $data, from queryString(). */
    protected function parseGet(): void {}

    /** Puts 'post' and 'files' into $data. */
    protected function parsePost(): void {}

    /**
     * Reads the parts of a form, each with parseUploadFile() where a subclass has its own, and puts 'post' and 'files' into $data.
     *
     * @param string $httpPostBoundary What stands between the parts: two hyphens and the boundary.
     */
    protected function parseUploadFiles(string $httpPostBoundary): void {}

    /**
     * Reads one part of a form and writes its file, if it is one.
     *
     * @param string $boundary Two hyphens and the boundary.
     * @param int $sectionStartOffset Where the part begins in the buffer.
     * @param string $postEncodeString Gets a field, in the form of a query.
     * @param string $filesEncodeStr Gets the name of a file field and its place in $files, in the form of a query.
     * @param array $files Gets what file() tells of the file.
     * @return int Where the next part begins; 0 when there is none.
     */
    protected function parseUploadFile(string $boundary, int $sectionStartOffset, string &$postEncodeString, string &$filesEncodeStr, array &$files): int {}

    /** Puts the cookie with the id of the session into the next response. */
    protected function setSidCookie(string $sessionName, string $sid, array $cookieParams): void {}
}
