<?php

declare(strict_types=1);

/*
 * One process that serves every kind of connection, and tells on CONTROL what it has left of them.
 *
 * Whoever sends something that ends in `bye` is closed by the server, anybody else closes himself.
 */

use Workerman\Connection\AsyncTcpConnection;
use Workerman\Connection\AsyncUdpConnection;
use Workerman\Connection\ConnectionInterface;
use Workerman\Connection\TcpConnection;
use Workerman\Connection\UdpConnection;
use Workerman\Protocols\Http\Request;
use Workerman\Worker;

require dirname(__DIR__) . '/phpunit/fixtures/environment.php';

$control = new Worker(address('text', 'CONTROL'));

$control->onWorkerStart = static function (): void {
    $addresses = [address('text', 'TEXT'), address('http', 'HTTP'), address('websocket', 'WEBSOCKET'),
        'unix://' . socket_path('leak'), address('udp', 'UDP')];
    foreach ($addresses as $address) {
        serve(new Worker($address));
    }
    foreach ([address('text', 'SSL'), address('websocket', 'WSS')] as $address) {
        $worker = new Worker($address, ['ssl' => ['local_cert' => getenv('CERTIFICATE')]]);
        $worker->transport = 'ssl';
        serve($worker);
    }
};

$control->onMessage = static function (TcpConnection $connection, string $command): void {
    [$kind, $count] = explode(' ', "$command 0");
    $kind === 'report'
        ? $connection->send(json_encode(report()))
        : clients($kind, (int) $count, static fn () => $connection->send('done'));
};

function serve(Worker $worker): void
{
    $worker->onMessage = answer(...);
    $worker->listen();
}

function answer(TcpConnection|UdpConnection $connection, string|Request $message): void
{
    $text = $message instanceof Request ? $message->path() : $message;
    str_ends_with($text, 'bye') ? $connection->close($text) : $connection->send($text);
}

/** Opens clients to our own ports, each of which waits for its answer before the next is opened. */
function clients(string $kind, int $left, callable $done): void
{
    if ($left === 0) {
        $done();
        return;
    }
    $client = client($kind, ['socket' => ['bindto' => own_address($left)], 'ssl' => ['cafile' => getenv('CERTIFICATE')]]);
    $client->onMessage = static function (AsyncTcpConnection|AsyncUdpConnection $client) use ($kind, $left, $done): void {
        $client->close();
        clients($kind, $left - 1, $done);
    };
    $client->connect();
    $client->send($left % 2 === 0 ? 'hello' : 'bye');
}

/** @param array<string, array<string, mixed>> $context */
function client(string $kind, array $context): AsyncTcpConnection|AsyncUdpConnection
{
    $client = match ($kind) {
        'udp-client' => new AsyncUdpConnection(address('udp', 'UDP')),
        'tcp-client' => new AsyncTcpConnection(address('text', 'TEXT'), $context),
        'ssl-client' => new AsyncTcpConnection(address('text', 'SSL'), $context),
        'ws-client' => new AsyncTcpConnection(address('ws', 'WEBSOCKET'), $context),
    };
    if ($kind === 'ssl-client') {
        $client->transport = 'ssl';
    }
    if ($kind === 'ws-client') {
        $client->websocketPingInterval = 3600;
    }
    return $client;
}

/** One of many addresses: each has its own ports, and those of closed connections are not free for a minute. */
function own_address(int $number): string
{
    return sprintf('127.0.%d.%d:0', $number % 50, intdiv($number, 50) % 200 + 1);
}

/** What is there now, with nothing left to collect. The control connection is one of the connections. */
function report(): array
{
    gc_collect_cycles();
    preg_match('/^VmRSS:\s+(\d+) kB/m', (string) file_get_contents('/proc/self/status'), $resident);
    return [
        'resident' => (int) $resident[1],
        'php' => intdiv(memory_get_usage(), 1024),
        'objects' => ConnectionInterface::$statistics['connection_count'],
        'connections' => count(TcpConnection::$connections),
        'garbage' => gc_status()['roots'],
        'descriptors' => count((array) scandir('/proc/self/fd')),
    ];
}

Worker::runAll();
