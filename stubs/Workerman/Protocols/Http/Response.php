<?php

// Generated from the extension by `make stubs`.

namespace Workerman\Protocols\Http;

/**
 * A response.
 *
 * @link https://www.workerman.net/doc/workerman/http/response.html
 */
class Response implements \Stringable
{
    public const PHRASES = [
        100 => 'Continue',
        101 => 'Switching Protocols',
        102 => 'Processing',
        103 => 'Early Hints',
        200 => 'OK',
        201 => 'Created',
        202 => 'Accepted',
        203 => 'Non-Authoritative Information',
        204 => 'No Content',
        205 => 'Reset Content',
        206 => 'Partial Content',
        207 => 'Multi-Status',
        208 => 'Already Reported',
        226 => 'IM Used',
        300 => 'Multiple Choices',
        301 => 'Moved Permanently',
        302 => 'Found',
        303 => 'See Other',
        304 => 'Not Modified',
        305 => 'Use Proxy',
        306 => "Switch\n        Proxy",
        307 => 'Temporary Redirect',
        308 => 'Permanent Redirect',
        400 => 'Bad Request',
        401 => 'Unauthorized',
        402 => 'Payment Required',
        403 => 'Forbidden',
        404 => 'Not Found',
        405 => 'Method Not Allowed',
        406 => 'Not Acceptable',
        407 => 'Proxy Authentication Required',
        408 => 'Request Timeout',
        409 => 'Conflict',
        410 => 'Gone',
        411 => 'Length Required',
        412 => 'Precondition Failed',
        413 => 'Payload Too Large',
        414 => 'URI Too Long',
        415 => 'Unsupported Media Type',
        416 => 'Range Not Satisfiable',
        417 => 'Expectation Failed',
        418 => 'I\'m a teapot',
        421 => 'Misdirected Request',
        422 => 'Unprocessable Entity',
        423 => 'Locked',
        424 => 'Failed Dependency',
        425 => 'Too Early',
        426 => 'Upgrade Required',
        428 => 'Precondition Required',
        429 => 'Too Many Requests',
        431 => 'Request Header Fields Too Large',
        451 => "Unavailable\n        For Legal Reasons",
        500 => 'Internal Server Error',
        501 => 'Not Implemented',
        502 => 'Bad Gateway',
        503 => "Service\n        Unavailable",
        504 => 'Gateway Timeout',
        505 => 'HTTP Version Not Supported',
        506 => 'Variant Also Negotiates',
        507 => 'Insufficient Storage',
        508 => 'Loop Detected',
        510 => 'Not Extended',
        511 => 'Network Authentication Required',
    ];

    public ?array $file = null;
    protected ?string $reason = null;
    protected string $version = '1.1';
    protected int $status;
    protected array $headers;
    protected string $body;

    /**
     * @param array<string, string|string[]> $headers A list of values makes a field for each.
     */
    public function __construct(int $status = 200, array $headers = [], string $body = '') {}

    /** Sets a header field, in place of one of that name. */
    public function header(string $name, string $value): static {}

    /** Sets a header field, in place of one of that name. */
    public function withHeader(string $name, string $value): static {}

    /** Adds header fields to those that are there. */
    public function withHeaders(array $headers): static {}

    public function withoutHeader(string $name): static {}

    public function getHeader(string $name): array|string|null {}

    public function getHeaders(): array {}

    public function withStatus(int $code, ?string $reasonPhrase = null): static {}

    public function getStatusCode(): int {}

    /** The reason phrase that was set; null for the usual one of the status. */
    public function getReasonPhrase(): ?string {}

    /** @param string $version Such as "1.1". */
    public function withProtocolVersion(string $version): static {}

    public function withBody(string $body): static {}

    public function rawBody(): string {}

    /**
     * Adds a cookie.
     *
     * @param ?int $maxAge Seconds; null for the session of the browser.
     */
    public function cookie(string $name, string $value = '', ?int $maxAge = null, string $path = '', string $domain = '', bool $secure = false, bool $httpOnly = false, string $sameSite = ''): static {}

    /** The response as it goes over the wire. */
    public function __toString(): string {}
}
