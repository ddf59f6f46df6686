<?php

declare(strict_types=1);

/*
 * Serves the files of a folder: php examples/static/server.php start
 *
 * Environment: LISTEN, the address (127.0.0.1:8080); ROOT, the folder (public, beside this file).
 */

use Workerman\Connection\TcpConnection;
use Workerman\Protocols\Http\Request;
use Workerman\Protocols\Http\Response;
use Workerman\Worker;

/**
 * The file for the path of a request; null where there is none that may be seen.
 *
 * What the path says is believed only after realpath(): it resolves "..", and links that lead out of the folder.
 */
function resolve(string $root, string $path): ?string
{
    $path = rawurldecode($path);
    // Files whose names begin with a dot, such as .env and .git, are nobody's business.
    if (str_contains($path, "\0") || str_contains($path, '/.')) {
        return null;
    }
    $file = realpath($root . $path);
    if ($file !== false && is_dir($file)) {
        $file = realpath("$file/index.html");
    }
    $isInside = $file !== false && str_starts_with($file, "$root/");
    return $isInside && is_file($file) && is_readable($file) ? $file : null;
}

function answer(string $root, Request $request): Response
{
    if (!in_array($request->method(), ['GET', 'HEAD'], true)) {
        return new Response(405, ['Allow' => 'GET, HEAD'], 'Method Not Allowed');
    }
    $file = resolve($root, $request->path());
    if ($file === null) {
        return new Response(404, [], 'Not Found');
    }
    // Types, ranges, HEAD, and 304 for what the client has already are withFile()'s.
    return (new Response(200, ['Cache-Control' => 'no-cache', 'X-Content-Type-Options' => 'nosniff']))->withFile($file);
}

$root = realpath(getenv('ROOT') ?: __DIR__ . '/public');
if ($root === false) {
    fwrite(STDERR, "There is no such folder.\n");
    exit(1);
}

$worker = new Worker('http://' . (getenv('LISTEN') ?: '127.0.0.1:8080'));
$worker->count = 2;
$worker->onMessage = static function (TcpConnection $connection, Request $request) use ($root): void {
    $connection->send(answer($root, $request));
};

Worker::runAll();
