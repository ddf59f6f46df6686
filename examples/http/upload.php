<?php

declare(strict_types=1);

/*
 * Uploads of up to 2 GiB with a progress bar: http://127.0.0.1:8081
 *
 *     curl -F file=@large.iso http://127.0.0.1:8081/upload
 */

use Workerman\Connection\TcpConnection;
use Workerman\Protocols\Http;
use Workerman\Protocols\Http\Request;
use Workerman\Protocols\Http\Response;
use Workerman\Worker;

require __DIR__ . '/vendor/autoload.php';

// Where the uploads are while they arrive and are looked at: a disk with room for them.
Http::uploadTmpDir(getenv('UPLOADS') ?: sys_get_temp_dir());
TcpConnection::$defaultMaxPackageSize = 2 << 30;

$worker = new Worker('http://0.0.0.0:' . (getenv('PORT') ?: '8081'), [
    // A body that is larger goes to the disk while it arrives.
    'http' => ['body_in_memory' => 256 * 1024],
]);
$worker->count = 2;

/** @param array<string, mixed> $file an entry of $request->file() */
$describe = static fn (array $file): array => [
    'name' => $file['name'],
    'size' => $file['size'],
    'error' => $file['error'],
    // rename($file['tmp_name'], …) keeps it. Whatever is not moved away is removed with the request.
    'sha256' => $file['error'] === UPLOAD_ERR_OK ? hash_file('sha256', $file['tmp_name']) : null,
];

$worker->onMessage = static function (TcpConnection $connection, Request $request) use ($describe): void {
    if ($request->path() !== '/upload') {
        $connection->send((new Response())->withFile(__DIR__ . '/upload.html'));
        return;
    }
    $file = $request->file('file');
    // A field named file[] is a list of files.
    $isOne = is_int($file['error'] ?? null);
    $answer = $isOne ? $describe($file) : ['error' => 'there is no file in the form'];
    // The name is what the client says, and need not be UTF-8.
    $body = json_encode($answer, JSON_THROW_ON_ERROR | JSON_INVALID_UTF8_SUBSTITUTE);
    $connection->send(new Response($isOne ? 200 : 400, ['Content-Type' => 'application/json'], $body));
};

Worker::runAll();
