<?php

namespace Workerman\Protocols\Http;

/**
 * A response.
 *
 * @link https://www.workerman.net/doc/workerman/http/response.html
 */
class Response implements \Stringable
{
    public const PHRASES = [
        100 => 'Continue', 101 => 'Switching Protocols', 102 => 'Processing', 103 => 'Early Hints', 200 => 'OK',
        201 => 'Created', 202 => 'Accepted', 203 => 'Non-Authoritative Information', 204 => 'No Content',
        205 => 'Reset Content', 206 => 'Partial Content', 207 => 'Multi-Status', 208 => 'Already Reported',
        226 => 'IM Used', 300 => 'Multiple Choices', 301 => 'Moved Permanently', 302 => 'Found', 303 => 'See Other',
        304 => 'Not Modified', 305 => 'Use Proxy', 306 => 'Switch Proxy', 307 => 'Temporary Redirect',
        308 => 'Permanent Redirect', 400 => 'Bad Request', 401 => 'Unauthorized', 402 => 'Payment Required',
        403 => 'Forbidden', 404 => 'Not Found', 405 => 'Method Not Allowed', 406 => 'Not Acceptable',
        407 => 'Proxy Authentication Required', 408 => 'Request Timeout', 409 => 'Conflict', 410 => 'Gone',
        411 => 'Length Required', 412 => 'Precondition Failed', 413 => 'Payload Too Large', 414 => 'URI Too Long',
        415 => 'Unsupported Media Type', 416 => 'Range Not Satisfiable', 417 => 'Expectation Failed',
        418 => 'I\'m a teapot', 421 => 'Misdirected Request', 422 => 'Unprocessable Entity', 423 => 'Locked',
        424 => 'Failed Dependency', 425 => 'Too Early', 426 => 'Upgrade Required', 428 => 'Precondition Required',
        429 => 'Too Many Requests', 431 => 'Request Header Fields Too Large', 451 => 'Unavailable For Legal Reasons',
        500 => 'Internal Server Error', 501 => 'Not Implemented', 502 => 'Bad Gateway', 503 => 'Service Unavailable',
        504 => 'Gateway Timeout', 505 => 'HTTP Version Not Supported', 506 => 'Variant Also Negotiates',
        507 => 'Insufficient Storage', 508 => 'Loop Detected', 510 => 'Not Extended',
        511 => 'Network Authentication Required',
    ];

    /** @var ?array{file: string, offset: int, length: int} The file that stands in for the body. */
    public ?array $file = null;

    protected ?string $reason = null;
    protected string $version = '1.1';

    /** Media types of files by extension. What is not here is `application/octet-stream`. */
    protected static array $mimeTypeMap = [
        'atom' => 'application/atom+xml', 'ear' => 'application/java-archive', 'jar' => 'application/java-archive',
        'war' => 'application/java-archive', 'js' => 'application/javascript', 'json' => 'application/json',
        'hqx' => 'application/mac-binhex40', 'doc' => 'application/msword', 'bin' => 'application/octet-stream',
        'deb' => 'application/octet-stream', 'dll' => 'application/octet-stream', 'dmg' => 'application/octet-stream',
        'exe' => 'application/octet-stream', 'img' => 'application/octet-stream', 'iso' => 'application/octet-stream',
        'msi' => 'application/octet-stream', 'msm' => 'application/octet-stream', 'msp' => 'application/octet-stream',
        'pdf' => 'application/pdf', 'ai' => 'application/postscript', 'eps' => 'application/postscript',
        'ps' => 'application/postscript', 'rss' => 'application/rss+xml', 'rtf' => 'application/rtf',
        'm3u8' => 'application/vnd.apple.mpegurl', 'kml' => 'application/vnd.google-earth.kml+xml',
        'kmz' => 'application/vnd.google-earth.kmz', 'xls' => 'application/vnd.ms-excel',
        'eot' => 'application/vnd.ms-fontobject', 'ppt' => 'application/vnd.ms-powerpoint',
        'pptx' => 'application/vnd.openxmlformats-officedocument.presentationml.presentation',
        'xlsx' => 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
        'docx' => 'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
        'wmlc' => 'application/vnd.wap.wmlc', 'wasm' => 'application/wasm', '7z' => 'application/x-7z-compressed',
        'cco' => 'application/x-cocoa', 'jardiff' => 'application/x-java-archive-diff',
        'jnlp' => 'application/x-java-jnlp-file', 'run' => 'application/x-makeself', 'pl' => 'application/x-perl',
        'pm' => 'application/x-perl', 'pdb' => 'application/x-pilot', 'prc' => 'application/x-pilot',
        'rar' => 'application/x-rar-compressed', 'rpm' => 'application/x-redhat-package-manager', 'sea' => 'application/x-sea',
        'swf' => 'application/x-shockwave-flash', 'sit' => 'application/x-stuffit', 'tcl' => 'application/x-tcl',
        'tk' => 'application/x-tcl', 'crt' => 'application/x-x509-ca-cert', 'der' => 'application/x-x509-ca-cert',
        'pem' => 'application/x-x509-ca-cert', 'xpi' => 'application/x-xpinstall', 'xhtml' => 'application/xhtml+xml',
        'xspf' => 'application/xspf+xml', 'zip' => 'application/zip', 'kar' => 'audio/midi', 'mid' => 'audio/midi',
        'midi' => 'audio/midi', 'mp3' => 'audio/mpeg', 'ogg' => 'audio/ogg', 'm4a' => 'audio/x-m4a',
        'ra' => 'audio/x-realaudio', 'ttf' => 'font/ttf', 'woff' => 'font/woff', 'woff2' => 'font/woff2',
        'avif' => 'image/avif', 'gif' => 'image/gif', 'jpeg' => 'image/jpeg', 'jpg' => 'image/jpeg', 'png' => 'image/png',
        'svg' => 'image/svg+xml', 'svgz' => 'image/svg+xml', 'tif' => 'image/tiff', 'tiff' => 'image/tiff',
        'wbmp' => 'image/vnd.wap.wbmp', 'webp' => 'image/webp', 'ico' => 'image/x-icon', 'jng' => 'image/x-jng',
        'bmp' => 'image/x-ms-bmp', 'css' => 'text/css', 'htm' => 'text/html', 'html' => 'text/html', 'shtml' => 'text/html',
        'mml' => 'text/mathml', 'txt' => 'text/plain', 'jad' => 'text/vnd.sun.j2me.app-descriptor', 'wml' => 'text/vnd.wap.wml',
        'htc' => 'text/x-component', 'xml' => 'text/xml', '3gp' => 'video/3gpp', '3gpp' => 'video/3gpp', 'ts' => 'video/mp2t',
        'mp4' => 'video/mp4', 'mpeg' => 'video/mpeg', 'mpg' => 'video/mpeg', 'mov' => 'video/quicktime', 'webm' => 'video/webm',
        'flv' => 'video/x-flv', 'm4v' => 'video/x-m4v', 'mng' => 'video/x-mng', 'asf' => 'video/x-ms-asf',
        'asx' => 'video/x-ms-asf', 'wmv' => 'video/x-ms-wmv', 'avi' => 'video/x-msvideo',
    ];

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
     * Sends a file in place of the body, in pieces, as fast as the client reads. What is no file becomes a 404.
     *
     * @param int $offset Bytes to leave out at the beginning.
     * @param int $length Bytes to send; 0 for all that follow. With either the response is a 206 with Content-Range.
     */
    public function withFile(string $file, int $offset = 0, int $length = 0): static {}

    /** The media type of files with an extension, given without its dot. */
    public function getMimeType(string $ext): string {}

    /**
     * Adds a cookie.
     *
     * @param ?int $maxAge Seconds; null for the session of the browser.
     */
    public function cookie(string $name, string $value = '', ?int $maxAge = null, string $path = '', string $domain = '', bool $secure = false, bool $httpOnly = false, string $sameSite = ''): static {}

    /** The response as it goes over the wire; of one with a file, the head. */
    public function __toString(): string {}

    /**
     * The head of a response with a file. When a file is sent, the headers hold its length, and its range, while this is called.
     *
     * @param array{file: string} $fileInfo
     */
    protected function createHeadForFile(array $fileInfo): string {}
}
