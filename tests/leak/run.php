<?php

declare(strict_types=1);

/*
 * Opens and closes very many connections of each kind against one process, and fails if it keeps anything of them:
 *
 *     make leak                        all kinds, 200,000 connections each
 *     scripts/with-extension php tests/leak/run.php 50000 http udp
 *
 * Every other connection is closed by the server. Memory is looked at after a tenth of the connections and at the end: allocators
 * settle first, leaks go on.
 */

use Ouvrier\Tests\Harness\Client\TextClient;
use Ouvrier\Tests\Harness\Client\WebsocketClient;
use Ouvrier\Tests\Harness\Port;
use Ouvrier\Tests\Harness\ServerProcess;

require dirname(__DIR__) . '/phpunit/bootstrap.php';

/** KiB that the process may be larger at the end: 200,000 connections that leave 6 bytes each. */
const TOLERANCE = 1200;
/** Clients that the server opens for one order. */
const ORDER = 1000;

$count = (int) ($argv[1] ?? 200_000);
$ports = array_combine(
    ['CONTROL', 'TEXT', 'HTTP', 'WEBSOCKET', 'UDP'],
    array_map(Port::free(...), range(1, 5)),
);
$server = ServerProcess::start(__DIR__ . '/server.php', ['start'], $ports);
$server->waitForPort($ports['WEBSOCKET']);
$control = TextClient::to($ports['CONTROL']);

$kinds = [
    'text' => static fn (int $number) => exchange(tcp($ports['TEXT'], $number), word($number) . "\n"),
    'http' => static fn (int $number) => exchange(
        tcp($ports['HTTP'], $number),
        'GET /' . word($number) . " HTTP/1.1\r\nHost: localhost\r\n\r\n",
    ),
    'websocket' => static fn (int $number) => websocket($ports['WEBSOCKET'], $number),
    'unix' => static fn (int $number) => exchange(
        stream_socket_client("unix://{$server->directory()}/leak.sock"),
        word($number),
    ),
    'udp' => static fn (int $number) => exchange(stream_socket_client("udp://127.0.0.1:{$ports['UDP']}"), word($number)),
    'tcp-client' => static fn (int $number) => $number % ORDER === 0 && $control->ask('tcp-client ' . ORDER),
    'udp-client' => static fn (int $number) => $number % ORDER === 0 && $control->ask('udp-client ' . ORDER),
];

$failed = false;
printf("%-12s%12s%14s%14s%10s%10s%14s%10s%14s\n", 'kind', 'connections', 'RSS before', 'RSS after', 'PHP', 'objects',
    'connections', 'garbage', 'descriptors');
foreach (array_slice($argv, 2) ?: array_keys($kinds) as $kind) {
    repeat($kinds[$kind], intdiv($count, 10));
    $before = $control->askJson('report');
    repeat($kinds[$kind], $count);
    $after = settled($control, $before);
    printf("%-12s%12d%10d KiB%10d KiB%+6d KiB%+10d%+14d%+10d%+14d\n", $kind, $count, $before['resident'], $after['resident'],
        ...array_map(static fn (string $key): int => $after[$key] - $before[$key], [
            'php', 'objects', 'connections', 'garbage', 'descriptors',
        ]));
    $failed = $failed || $after['resident'] - $before['resident'] > TOLERANCE
        || array_diff_assoc(kept($after), kept($before)) !== [];
}
$server->stop();
exit($failed ? 1 : 0);

function repeat(callable $connect, int $times): void
{
    for ($number = 0; $number < $times; $number++) {
        $connect($number);
    }
}

/** What must not be more at the end than it was. */
function kept(array $report): array
{
    return array_intersect_key($report, ['objects' => 0, 'connections' => 0, 'garbage' => 0, 'descriptors' => 0]);
}

/** The report once the server has seen that the last clients have gone. */
function settled(TextClient $control, array $before): array
{
    for ($attempt = 0; $attempt < 100; $attempt++) {
        $report = $control->askJson('report');
        if (kept($report) === kept($before)) {
            break;
        }
    }
    return $report;
}

/** A connection from one of many addresses: each has its own ports, and those of closed connections are not free for a minute. */
function tcp(int $port, int $number): mixed
{
    $from = sprintf('127.0.%d.%d:0', $number % 50, intdiv($number, 50) % 200 + 1);
    $context = stream_context_create(['socket' => ['bindto' => $from, 'tcp_nodelay' => true]]);
    return stream_socket_client("tcp://127.0.0.1:$port", context: $context);
}

/** What the server is told: every other time to close. */
function word(int $number): string
{
    return $number % 2 === 0 ? 'hello' : 'bye';
}

/** Sends, waits for an answer, and closes. */
function exchange(mixed $stream, string $message): void
{
    fwrite($stream, $message);
    fread($stream, 8192) !== '' || throw new RuntimeException('no answer');
    fclose($stream);
}

function websocket(int $port, int $number): void
{
    $stream = tcp($port, $number);
    fwrite($stream, "GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        . "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n");
    while (trim((string) fgets($stream)) !== '') {
    }
    exchange($stream, WebsocketClient::frame(WebsocketClient::TEXT, word($number)));
}
