<?php

declare(strict_types=1);

namespace Ouvrier\Tests\Examples;

use Ouvrier\Tests\Harness\Client\HttpClient;
use Ouvrier\Tests\Harness\ServerTestCase;

/**
 * examples/http/json-api.php
 */
final class JsonApiTest extends ServerTestCase
{
    public function testNotesAreAddedReadAndDeleted(): void
    {
        $server = $this->example('http/json-api.php', environment: ['PORT' => $this->port]);
        $server->waitForPort($this->port);
        $client = HttpClient::to($this->port);

        self::assertSame([201, '{"id":1,"text":"milk & ü"}', '/notes/1'], $this->post($client, '{"text":"milk & ü"}'));
        self::assertSame(201, $this->post($client, '{"text":"bread"}')[0]);
        self::assertSame('[{"id":1,"text":"milk & ü"},{"id":2,"text":"bread"}]', $client->get('/notes')['body']);
        self::assertSame(204, $client->request('DELETE', '/notes/1')->receive()['status']);
        self::assertSame([404, 'application/json'], [
            $client->get('/notes/1')['status'], $client->get('/notes/1')['headers']['content-type'],
        ]);
        self::assertSame('[{"id":2,"text":"bread"}]', $client->get('/notes')['body']);
    }

    public function testWhatIsNoNoteIsRefused(): void
    {
        $server = $this->example('http/json-api.php', environment: ['PORT' => $this->port]);
        $server->waitForPort($this->port);
        $client = HttpClient::to($this->port);

        self::assertSame(422, $this->post($client, '{"text":')[0]);
        self::assertSame(422, $this->post($client, '{"text":["a"]}')[0]);
        $form = $client->request('POST', '/notes', ['Content-Type: application/x-www-form-urlencoded'], 'text=%e9')->receive();
        self::assertSame([422, '[]'], [$form['status'], $client->get('/notes')['body']]);
        $refused = $client->request('PUT', '/notes')->receive();
        self::assertSame([405, 'GET, HEAD, POST'], [$refused['status'], $refused['headers']['allow']]);
        self::assertSame(404, $client->get('/elsewhere')['status']);
    }

    /** @return array{int, string, ?string} */
    private function post(HttpClient $client, string $body): array
    {
        $answer = $client->request('POST', '/notes', ['Content-Type: application/json'], $body)->receive();
        return [$answer['status'], $answer['body'], $answer['headers']['location'] ?? null];
    }
}
