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

use Ouvrier\Tests\Harness\Certificate;
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
    ['CONTROL', 'TEXT', 'HTTP', 'WEBSOCKET', 'UDP', 'SSL', 'WSS'],
    array_map(Port::free(...), range(1, 7)),
);
$certificate = new Certificate();
$server = ServerProcess::start(__DIR__ . '/server.php', ['start'], $ports + ['CERTIFICATE' => $certificate->file]);
$server->waitForPort($ports['WSS']);
$control = TextClient::to($ports['CONTROL']);

$kinds = [
    'text' => static fn (int $number) => exchange(tcp($ports['TEXT'], $number), word($number) . "\n"),
    'http' => static fn (int $number) => exchange(
        tcp($ports['HTTP'], $number),
        'GET /' . word($number) . " HTTP/1.1\r\nHost: localhost\r\n\r\n",
    ),
    'websocket' => static fn (int $number) => websocket(tcp($ports['WEBSOCKET'], $number), $number),
    'ssl' => static fn (int $number) => exchange(tls($ports['SSL'], $number), word($number) . "\n"),
    'wss' => static fn (int $number) => websocket(tls($ports['WSS'], $number), $number),
    'unix' => static fn (int $number) => exchange(
        stream_socket_client("unix://{$server->directory()}/leak.sock"),
        word($number),
    ),
    'udp' => static fn (int $number) => exchange(stream_socket_client("udp://127.0.0.1:{$ports['UDP']}"), word($number)),
    'tcp-client' => static fn (int $number) => $number % ORDER === 0 && $control->ask('tcp-client ' . ORDER),
    'ssl-client' => static fn (int $number) => $number % ORDER === 0 && $control->ask('ssl-client ' . ORDER),
    'ws-client' => static fn (int $number) => $number % ORDER === 0 && $control->ask('ws-client ' . ORDER),
    'udp-client' => static fn (int $number) => $number % ORDER === 0 && $control->ask('udp-client ' . ORDER),
];

$failed = false;
// The first report brings what it needs itself into memory, which is most of a megabyte and no leak.
$control->askJson('report');
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
    return stream_socket_client("tcp://127.0.0.1:$port", context: stream_context_create(from($number)));
}

/** The same over TLS. Whom the client believes does not matter here. */
function tls(int $port, int $number): mixed
{
    $context = from($number) + ['ssl' => ['verify_peer' => false, 'verify_peer_name' => false]];
    return stream_socket_client("ssl://127.0.0.1:$port", context: stream_context_create($context));
}

/** @return array<string, array<string, mixed>> */
function from(int $number): array
{
    $from = sprintf('127.0.%d.%d:0', $number % 50, intdiv($number, 50) % 200 + 1);
    return ['socket' => ['bindto' => $from, 'tcp_nodelay' => true]];
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

function websocket(mixed $stream, int $number): void
{
    fwrite($stream, "GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        . "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n");
    while (trim((string) fgets($stream)) !== '') {
    }
    exchange($stream, WebsocketClient::frame(WebsocketClient::TEXT, word($number)));
}
