<?php

// Generated from the extension by `make stubs`.

namespace Workerman\Connection;

/**
 * A connection that the script makes.
 *
 * Set the callbacks, then call connect(). What is sent before the connection is there waits.
 *
 * @link https://www.workerman.net/doc/workerman/async-tcp-connection.html
 */
class AsyncTcpConnection extends \Workerman\Connection\TcpConnection
{
    public const BUILD_IN_TRANSPORTS = [
        'tcp' => 'tcp',
        'udp' => 'udp',
        'unix' => 'unix',
        'ssl' => 'ssl',
        'sslv2' => 'sslv2',
        'sslv3' => 'sslv3',
        'tls' => 'tls',
    ];

    /** @var null|callable(AsyncTcpConnection): void The connection is there. */
    public $onConnect;
    /** @var null|callable(AsyncTcpConnection, \Workerman\Protocols\Http\Response): void The server accepted the websocket handshake. */
    public $onWebSocketConnect;
    public string $transport = 'tcp';
    /** host:port of a SOCKS5 proxy. It resolves the name of the host. */
    public string $proxySocks5 = '';
    /** host:port of an HTTP proxy that knows CONNECT. It resolves the name of the host. */
    public string $proxyHttp = '';
    /** Value of the Proxy-Authorization field, such as 'Basic dXNlcjpwYXNz'. */
    public string $proxyAuthorization = '';
    public string $proxySocks5Username = '';
    public string $proxySocks5Password = '';
    protected int $status = 0;
    protected string $remoteHost = '';
    protected int $remotePort = 80;
    protected float $connectStartTime = 0.0;
    protected string $remoteURI = '';
    protected array $socketContext = [];
    protected int $reconnectTimer = 0;

    /**
     * @param string $remoteAddress scheme://host:port/path. The scheme is tcp, unix, ws, wss or the name of a protocol class.
     * @param array $socketContext As for stream_context_create(): ['socket' => ['bindto' => 'address:port', 'tcp_nodelay' => bool]].
     * @throws \RuntimeException When the address is not understood or the protocol class does not exist.
     */
    public function __construct(string $remoteAddress, array $socketContext = []) {}

    /**
     * Connects anew, with the callbacks that are set; a connection that is still open is given up. In onClose this keeps the callbacks.
     *
     * @param int $after Seconds to wait before.
     */
    public function reconnect(int $after = 0): void {}

    /**
     * Begins to connect, and returns at once. Calls onConnect in the end, or onError with code 1 and then onClose.
     *
     * @throws \RuntimeException When called outside of a worker process, or for options that are not understood.
     */
    public function connect(): void {}

    /** Forgets a reconnect() that still waits. */
    public function cancelReconnect(): void {}

    public function getRemoteHost(): string {}

    /** Path and query. */
    public function getRemoteURI(): string {}

    /** Handles the end of connecting if it has come. The event loop does this by itself. */
    public function checkConnection(): void {}

    /** Calls onError for a connection that does not come about. */
    protected function emitError(int $code, mixed $msg): void {}
}
