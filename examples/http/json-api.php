<?php

declare(strict_types=1);

/*
 * A JSON API with a list of notes, which one process keeps in memory.
 *
 *     curl -X POST -H 'Content-Type: application/json' -d '{"text":"milk"}' http://127.0.0.1:8081/notes
 *     curl http://127.0.0.1:8081/notes
 *     curl -X DELETE http://127.0.0.1:8081/notes/1
 */

use Workerman\Connection\TcpConnection;
use Workerman\Protocols\Http\Request;
use Workerman\Protocols\Http\Response;
use Workerman\Worker;

require __DIR__ . '/vendor/autoload.php';

/** @param array<string, string> $headers */
function json(mixed $value, int $status = 200, array $headers = []): Response
{
    $body = json_encode($value, JSON_THROW_ON_ERROR | JSON_UNESCAPED_UNICODE | JSON_UNESCAPED_SLASHES);
    return new Response($status, ['Content-Type' => 'application/json', ...$headers], $body);
}

final class Notes
{
    /** @var array<int, array{id: int, text: string}> */
    private array $notes = [];

    private int $lastId = 0;

    public function answer(Request $request): Response
    {
        return match (true) {
            $request->path() === '/notes' => $this->all($request),
            preg_match('~^/notes/(\d+)$~D', $request->path(), $match) === 1 => $this->one($request, (int) $match[1]),
            default => json(['error' => 'there is nothing here'], 404),
        };
    }

    private function all(Request $request): Response
    {
        return match ($request->method()) {
            'GET', 'HEAD' => json(array_values($this->notes)),
            'POST' => $this->add($request->post('text')),
            default => json(['error' => 'use GET or POST'], 405, ['Allow' => 'GET, HEAD, POST']),
        };
    }

    private function one(Request $request, int $id): Response
    {
        if (!isset($this->notes[$id])) {
            return json(['error' => "there is no note $id"], 404);
        }
        switch ($request->method()) {
            case 'GET':
            case 'HEAD':
                return json($this->notes[$id]);
            case 'DELETE':
                unset($this->notes[$id]);
                return new Response(204);
            default:
                return json(['error' => 'use GET or DELETE'], 405, ['Allow' => 'GET, HEAD, DELETE']);
        }
    }

    private function add(mixed $text): Response
    {
        // A form may hold what is no UTF-8, which JSON could not show again.
        if (!is_string($text) || $text === '' || preg_match('//u', $text) !== 1) {
            return json(['error' => 'a note is an object with a text'], 422);
        }
        $id = ++$this->lastId;
        $this->notes[$id] = ['id' => $id, 'text' => $text];
        return json($this->notes[$id], 201, ['Location' => "/notes/$id"]);
    }
}

$notes = new Notes();
$worker = new Worker('http://0.0.0.0:' . (getenv('PORT') ?: '8081'));
// Each process has a memory of its own: with more of them, keep the notes in a database.
$worker->count = 1;
$worker->onMessage = static function (TcpConnection $connection, Request $request) use ($notes): void {
    try {
        $connection->send($notes->answer($request));
    } catch (Throwable $error) {
        Worker::log((string) $error);
        $connection->send(json(['error' => 'something went wrong'], 500));
    }
};

Worker::runAll();
