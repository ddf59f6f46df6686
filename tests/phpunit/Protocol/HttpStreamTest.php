<?php

declare(strict_types=1);

namespace Ouvrier\Tests\Protocol;

use Ouvrier\Tests\Harness\Client\HttpClient;
use Ouvrier\Tests\Harness\ServerTestCase;

/** `Http::sendStream()`, called and overridden by subclasses. */
final class HttpStreamTest extends ServerTestCase
{
    private const LENGTH = 20_000_000;

    private HttpClient $client;

    private string $folder;

    protected function setUp(): void
    {
        parent::setUp();
        $this->folder = $this->serve('streams')->directory();
        $this->client = HttpClient::to($this->port);
    }

    public function testAStreamIsSentAsFastAsTheClientReadsAndRequestsBehindItWait(): void
    {
        $this->client->get('/drain');
        $this->client->request('GET', '/memory?length=' . self::LENGTH)->request('GET', '/drained')->request('GET', '/after');

        $body = $this->client->receive()['body'];

        self::assertSame(self::LENGTH, strlen($body));
        self::assertSame('aabbz', $body[0] . $body[65_535] . $body[65_536] . $body[131_071] . $body[25 * 65_536]);
        self::assertSame('[true,true,false]', $this->client->receive()['body']);
        self::assertSame('/after', $this->client->receive()['body']);
    }

    public function testPartOfAStreamIsSent(): void
    {
        self::assertSame('aabbb', $this->client->get('/part')['body']);
    }

    public function testASubclassSendsLargeFilesInItsOwnWay(): void
    {
        file_put_contents("$this->folder/large", str_repeat('0123456789', 300_000));

        $answer = $this->client->request('GET', '/own?length=2500000')->readToEnd();

        self::assertStringContainsString("\r\nContent-Range: bytes 1-2500000/3000000\r\n", $answer);
        self::assertStringEndsWith("\r\n\r\nown way from 1, 2500000 bytes, 0123", $answer);
    }

    public function testASubclassIsNotAskedForSmallFiles(): void
    {
        file_put_contents("$this->folder/large", str_repeat('0123456789', 300_000));

        self::assertSame('12345', $this->client->get('/own?length=5')['body']);
    }
}
