<?php

namespace Workerman\Connection;

/**
 * A connection that a worker accepted.
 *
 * @link https://www.workerman.net/doc/workerman/tcp-connection.html
 */
class TcpConnection extends ConnectionInterface implements \JsonSerializable
{
    public const READ_BUFFER_SIZE = 87380;
    public const STATUS_INITIAL = 0;
    public const STATUS_CONNECTING = 1;
    public const STATUS_ESTABLISHED = 2;
    /** end() was called: what was sent goes out, what arrives is thrown away. */
    public const STATUS_ENDING = 4;
    /** close() was called and bytes still wait to go out. */
    public const STATUS_CLOSING = 8;
    public const STATUS_CLOSED = 16;
    public const MAX_CACHE_STRING_LENGTH = 2048;
    public const MAX_CACHE_SIZE = 512;
    public const TCP_KEEPALIVE_INTERVAL = 55;
    public const STATUS_TO_STRING = [0 => 'INITIAL', 1 => 'CONNECTING', 2 => 'ESTABLISHED', 8 => 'CLOSING', 4 => 'ENDING', 16 => 'CLOSED'];

    /** Bytes: $maxSendBufferSize of new connections. */
    public static int $defaultMaxSendBufferSize = 1048576;
    /** Bytes: $maxPackageSize of new connections. */
    public static int $defaultMaxPackageSize = 10485760;
    /** Seconds: $lingerTimeout of new connections. */
    public static float $defaultLingerTimeout = 1.0;
    /** @var array<int, TcpConnection> All open connections of this process, by id. */
    public static array $connections = [];

    // What each send() looks at comes first, so that it stands in one cache line of the object; behind it what each message looks at.
    protected int $status = 2;
    public string $transport = 'tcp';
    /** Bytes from which the queue of a socket that is full takes no more. One message beyond it is always taken. */
    public int $maxSendBufferSize = 1048576;
    /** Bytes of the largest message; a larger one ends the connection. */
    public int $maxPackageSize = 1048576;
    /** Bytes received so far. */
    public int $bytesRead = 0;
    /** Bytes written to the socket so far. */
    public int $bytesWritten = 0;
    protected bool $isPaused = false;

    /** @var null|callable(TcpConnection): void */
    public $onConnect = null;
    /** @var null|callable(TcpConnection, \Workerman\Protocols\Http\Request): void */
    public $onWebSocketConnect = null;
    /** @var null|callable(TcpConnection, \Workerman\Protocols\Http\Request): void */
    public $onWebSocketConnected = null;
    /** @var null|callable(TcpConnection): void A websocket close frame arrived; without it the frame is answered and the connection closed. */
    public $onWebSocketClose = null;
    public $onMessage = null;
    public $onClose = null;
    public $onError = null;
    /** @var null|callable(TcpConnection): void */
    public $onBufferFull = null;
    /** @var null|callable(TcpConnection): void */
    public $onBufferDrain = null;
    /** The worker that accepted the connection. */
    public ?\Workerman\Worker $worker = null;
    /** Number of the connection, unique in this process. */
    public int $id = 0;
    /** Room for what belongs to the connection; protocols use it. */
    public ?\stdClass $context = null;
    /** Further header fields of the next http response or of the websocket handshake. */
    public array $headers = [];
    /** Seconds that end() gives the peer to close its side. */
    public float $lingerTimeout = 1.0;

    protected int $realId = 0;
    protected bool $isSafe = true;
    protected static int $idRecorder = 1;
    protected $socket = null;
    protected string $sendBuffer = '';
    protected string $recvBuffer = '';
    protected int $currentPackageLength = 0;
    protected int $endLingerTimerId = 0;
    protected bool $endWriteShutdown = false;
    protected string $remoteAddress = '';
    protected int|bool $sslHandshakeCompleted = false;

    /**
     * @param resource $socket
     * @throws \TypeError When $socket is no open stream.
     */
    public function __construct(\Workerman\Events\EventInterface $eventLoop, $socket, string $remoteAddress = '') {}

    /** One of the STATUS_* constants, or its name. */
    public function getStatus(bool $rawOutput = true): string|int {}

    /**
     * Sends a message. Everything that one callback sends to one connection leaves in one write when the callback returns.
     *
     * @param mixed $sendBuffer What the protocol encodes: a string, for http a Response as well.
     * @param bool $raw Send the bytes as they are.
     * @return ?bool true: on its way; null: the socket is full (or a websocket handshake is not finished), the message waits;
     *         false: dropped, since the connection is closing or the send buffer is full (then onError is called with code 2).
     * @throws \TypeError When the protocol cannot encode the value.
     */
    public function send(mixed $sendBuffer, bool $raw = false): ?bool {}

    /** Address of the peer without the port; an IPv6 address in brackets. */
    public function getRemoteIp(): string {}

    public function getRemotePort(): int {}

    /** Address of the peer with the port. */
    public function getRemoteAddress(): string {}

    public function getLocalIp(): string {}

    public function getLocalPort(): int {}

    public function getLocalAddress(): string {}

    /** Bytes that wait to be written. */
    public function getSendBufferQueueSize(): int {}

    /** Bytes that were received and make no whole message yet, or wait because of pauseRecv(). */
    public function getRecvBufferQueueSize(): int {}

    /** Calls no onMessage until resumeRecv(), and stops reading from the socket. */
    public function pauseRecv(): void {}

    public function resumeRecv(): void {}

    /** Handles what has been received already. The event loop does this by itself. */
    public function baseRead($socket, bool $checkEof = true): void {}

    /** Writes what has been sent, now. The event loop does this by itself when the callback returns. */
    public function baseWrite(): void {}

    /**
     * How far the TLS handshake is, which the event loop does by itself.
     *
     * @return int|bool true: done; 0: not yet; false: the connection is closed.
     * @throws \RuntimeException When the connection began without TLS: it cannot be started later.
     */
    public function doSslHandshake($socket): int|bool {}

    /** Drops bytes from the front of $recvBuffer, for protocol classes. */
    public function consumeRecvBuffer(int $length): void {}

    /**
     * The socket as a PHP stream, for stream_socket_get_name() and the like. Reading from it takes bytes away from the connection.
     *
     * @return ?resource null once the connection is closed.
     */
    public function getSocket() {}

    /** Sends what arrives here to another connection, as fast as that one takes it, and closes it with this one. */
    public function pipe(self $dest): void {}

    /** Sends $data, if given, and closes once everything is written. */
    public function close(mixed $data = null, bool $raw = false): void {}

    /**
     * Sends $data, if given, shuts the sending side once everything is written, and closes when the peer has closed or after $lingerTimeout.
     * The way to close that lets a peer which is still sending read the answer.
     */
    public function end(mixed $data = null, bool $raw = false): void {}

    public function isIpV4(): bool {}

    public function isIpV6(): bool {}

    /** Whether nothing waits to be written. */
    public function bufferIsEmpty(): bool {}

    /** Closes at once; what was not written yet is lost. */
    public function destroy(): void {}

    /** Calls onBufferFull when what waits to be written has reached $maxSendBufferSize. Called after each message that has to wait. */
    protected function checkBufferWillFull(): void {}

    /**
     * Whether what waits to be written has reached $maxSendBufferSize; then onError is called with code 2. Called before each message while
     * something waits; the message is dropped when this returns true.
     */
    protected function bufferIsFull(): bool {}

    /** Shuts the sending side of an ending connection, if everything is written. Called by end(), or as soon as that is so. */
    protected function endMaybeShutdownWrite(): void {}

    public function jsonSerialize(): array {}

    public function __unserialize(array $data): void {}

    public function __destruct() {}
}
