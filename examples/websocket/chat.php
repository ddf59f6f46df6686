<?php

declare(strict_types=1);

/*
 * A chat room for the pages of one site, whose visitors have a token: php examples/websocket/chat.php start
 *
 * Environment: CHAT_SECRET, what tokens are signed with; LISTEN, the address (127.0.0.1:8484); ORIGINS, where pages may be from, with commas
 * between them (http://localhost:*).
 *
 * A page connects to ws://127.0.0.1:8484/?token=..., where the site has made the token of its visitor: token('anna', time() + 3600, $secret).
 */

use Workerman\Connection\TcpConnection;
use Workerman\Protocols\Http\Request;
use Workerman\Protocols\Http\Response;
use Workerman\Worker;

/** What a visitor shows: who it is, until when, and a signature that only the site can make. */
function token(string $user, int $until, string $secret): string
{
    $claim = rtrim(strtr(base64_encode(json_encode([$user, $until])), '+/', '-_'), '=');
    return "$claim." . hash_hmac('sha256', $claim, $secret);
}

/** Whose token it is; null if it is not from us, or too old. */
function user_of(string $token, string $secret): ?string
{
    [$claim, $signature] = explode('.', $token) + ['', ''];
    if (!hash_equals(hash_hmac('sha256', $claim, $secret), $signature)) {
        return null;
    }
    [$user, $until] = json_decode(base64_decode(strtr($claim, '-_', '+/')), true);
    return $until > time() ? $user : null;
}

$secret = getenv('CHAT_SECRET');
if (!$secret) {
    fwrite(STDERR, "Set CHAT_SECRET to what tokens are signed with.\n");
    exit(1);
}

$worker = new Worker('websocket://' . (getenv('LISTEN') ?: '127.0.0.1:8484'), [
    'websocket' => [
        // Pages from elsewhere get 403, and onWebSocketConnect does not hear of them.
        'origins' => explode(',', getenv('ORIGINS') ?: 'http://localhost:*'),
        // Who has said nothing for 30 seconds is pinged, and has 10 to say something.
        'ping_interval' => 30,
        'pong_timeout' => 10,
        'compression' => true,
    ],
    'limits' => [
        'connections_per_address' => 20,
        // Who does not read is closed with 1013, "try again later", instead of missing messages.
        'slow_consumer' => 1013,
    ],
]);

// The gate. Whoever is not refused here is let in when this returns.
$worker->onWebSocketConnect = static function (TcpConnection $connection, Request $request) use ($secret): void {
    $token = $request->get('token');
    $user = is_string($token) ? user_of($token, $secret) : null;
    if ($user === null) {
        $connection->close(new Response(401, [], "A valid token is needed.\n"));
        return;
    }
    $connection->user = $user;
};

$say = static function (string $text) use ($worker): void {
    // The same string for everybody: it is encoded and compressed once.
    foreach ($worker->connections as $connection) {
        $connection->send($text);
    }
};

$worker->onWebSocketConnected = static fn(TcpConnection $connection) => $say("$connection->user has come");
$worker->onMessage = static fn(TcpConnection $connection, string $text) => $say("$connection->user: $text");
$worker->onClose = static function (TcpConnection $connection) use ($say): void {
    // Those who were not let in have no name.
    if (isset($connection->user)) {
        $say("$connection->user has left");
    }
};

Worker::runAll();
