<?php

declare(strict_types=1);

/*
 * One process that serves every kind of connection, and tells on CONTROL what it has left of them.
 *
 * Whoever sends something that ends in `bye` is closed by the server, anybody else closes himself.
 */

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
        $worker = new Worker($address);
        $worker->onMessage = answer(...);
        $worker->listen();
    }
};

$control->onMessage = static function (TcpConnection $connection, string $command): void {
    [$kind, $count] = explode(' ', "$command 0");
    $kind === 'report'
        ? $connection->send(json_encode(report()))
        : udp_clients((int) $count, static fn () => $connection->send('done'));
};

function answer(TcpConnection|UdpConnection $connection, string|Request $message): void
{
    $text = $message instanceof Request ? $message->path() : $message;
    str_ends_with($text, 'bye') ? $connection->close($text) : $connection->send($text);
}

/** Opens clients to our own port, each of which waits for its answer before the next is opened. */
function udp_clients(int $left, callable $done): void
{
    if ($left === 0) {
        $done();
        return;
    }
    $client = new AsyncUdpConnection(address('udp', 'UDP'));
    $client->onMessage = static function (AsyncUdpConnection $client) use ($left, $done): void {
        $client->close();
        udp_clients($left - 1, $done);
    };
    $client->send('hello');
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
