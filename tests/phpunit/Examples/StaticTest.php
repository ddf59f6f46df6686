<?php

declare(strict_types=1);

namespace Ouvrier\Tests\Examples;

use Ouvrier\Tests\Harness\Client\HttpClient;
use Ouvrier\Tests\Harness\ServerProcess;
use Ouvrier\Tests\Harness\ServerTestCase;

/**
 * examples/static/server.php
 */
final class StaticTest extends ServerTestCase
{
    private const EXAMPLE = __DIR__ . '/../../../examples/static';

    private ServerProcess $server;
    private HttpClient $client;

    protected function setUp(): void
    {
        parent::setUp();
        $this->server = $this->launch(self::EXAMPLE . '/server.php', ['start'], ['LISTEN' => "127.0.0.1:{$this->port}"]);
        $this->server->waitForPort($this->port);
        $this->client = HttpClient::to($this->port);
    }

    public function testAFolderIsItsIndex(): void
    {
        $response = $this->client->get('/');

        self::assertSame(200, $response['status']);
        self::assertSame('text/html', $response['headers']['content-type']);
        self::assertStringEqualsFile(self::EXAMPLE . '/public/index.html', $response['body']);
    }

    /** @dataProvider waysOut */
    public function testNothingOutsideOfTheFolderIsSeen(string $target): void
    {
        self::assertSame(404, $this->client->get($target)['status']);
        self::assertSame(200, $this->client->get('/index.html')['status']);
    }

    /** @return iterable<array{string}> */
    public static function waysOut(): iterable
    {
        yield ['/../server.php'];
        yield ['/..%2fserver.php'];
        yield ['/%2e%2e/server.php'];
        yield ['/%2e%2e%2f%2e%2e%2f%2e%2e%2f%2e%2e%2f%2e%2e%2f%2e%2e%2fetc/passwd'];
        yield ['//etc/passwd'];
        yield ['/index.html%00.txt'];
        yield ['/..\\server.php'];
        yield ['/.env'];
        yield ['/missing'];
    }

    public function testWhatTheClientHasIsNotSentAgain(): void
    {
        $first = $this->client->get('/');
        $this->client->request('GET', '/', ["If-None-Match: {$first['headers']['etag']}"]);

        self::assertSame(304, $this->client->receive()['status']);
    }

    public function testAnotherMethodIsNotAllowed(): void
    {
        $response = $this->client->request('POST', '/', [], 'x')->receive();

        self::assertSame([405, 'GET, HEAD'], [$response['status'], $response['headers']['allow']]);
    }
}
