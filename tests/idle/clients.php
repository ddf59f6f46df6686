<?php

declare(strict_types=1);

/*
 * Clients that say one thing each, hear the answer and then nothing: clients.php <kind> <port> <count> <own address>
 *
 * Prints their number when all have heard it, and keeps them until its input ends.
 */

[, $kind, $port, $count, $address] = $argv;
$handshake = "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    . "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
/** What is said, and how the answer ends. */
$talk = match ($kind) {
    'websocket', 'named' => [[$handshake, "\r\n\r\n"], ["\x81\x85\0\0\0\0hello", 'hello']],
    'http' => [["GET / HTTP/1.1\r\nHost: a\r\n\r\n", 'world']],
    'text' => [["hello\n", "hello\n"]],
};
$context = stream_context_create(['socket' => ['bindto' => "$address:0"]]);
$clients = [];
while (count($clients) < (int) $count) {
    $client = stream_socket_client("tcp://127.0.0.1:$port", context: $context, timeout: 60);
    if ($client === false) {
        exit(1);
    }
    stream_set_timeout($client, 60);
    foreach ($talk as [$words, $end]) {
        fwrite($client, $words);
        $answer = '';
        while (!str_ends_with($answer, $end)) {
            $more = fread($client, 8192);
            if ($more === '' || $more === false) {
                exit(1);
            }
            $answer .= $more;
        }
    }
    $clients[] = $client;
}
echo count($clients), "\n";
fgets(STDIN);
