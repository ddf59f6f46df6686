<?php

declare(strict_types=1);

namespace Ouvrier\Tests\Protocol;

use Ouvrier\Tests\Harness\Client\HttpClient;
use Ouvrier\Tests\Harness\ServerTestCase;

final class HttpTest extends ServerTestCase
{
    private HttpClient $client;

    protected function setUp(): void
    {
        parent::setUp();
        $this->serve('http');
        $this->client = HttpClient::to($this->port);
    }

    public function testAGetRequestIsUnderstood(): void
    {
        $this->client->request('GET', '/a/b?x=1&list[]=2&list[]=3', ['X-Test:  yes ', 'Cookie: a=1; b=2']);

        self::assertSame([
            'method' => 'GET',
            'uri' => '/a/b?x=1&list[]=2&list[]=3',
            'path' => '/a/b',
            'query' => 'x=1&list[]=2&list[]=3',
            'version' => '1.1',
            'host' => 'localhost',
            'get' => ['x' => '1', 'list' => ['2', '3']],
            'post' => [],
            'header' => 'yes',
            'cookie' => ['a' => '1', 'b' => '2'],
            'missing' => ['default', null, 7],
            'body' => '',
            'connection' => true,
        ], $this->receiveJson());
    }

    /** @dataProvider bodies */
    public function testAPostIsParsedByItsContentType(string $type, string $body, array $post): void
    {
        $this->client->request('POST', '/form', ["Content-Type: $type"], $body);

        $request = $this->receiveJson();

        self::assertSame($post, $request['post']);
        self::assertSame($body, $request['body']);
        self::assertSame('POST', $request['method']);
    }

    /** @return iterable<string, array{string, string, array<string, mixed>}> */
    public static function bodies(): iterable
    {
        yield 'form' => ['application/x-www-form-urlencoded', 'a=1&b[c]=d%20e', ['a' => '1', 'b' => ['c' => 'd e']]];
        yield 'json' => ['application/json', '{"a":1,"b":[true]}', ['a' => 1, 'b' => [true]]];
    }

    public function testTheConnectionIsKept(): void
    {
        for ($i = 0; $i < 3; $i++) {
            $response = $this->client->get("/string?$i");
            self::assertSame([200, 'plain'], [$response['status'], $response['body']]);
            self::assertSame('keep-alive', $response['headers']['connection']);
        }
    }

    public function testPipelinedRequestsAreAnsweredInOrder(): void
    {
        for ($i = 0; $i < 50; $i++) {
            $i % 2 === 0
                ? $this->client->request('GET', "/get/$i")
                : $this->client->request('POST', "/post/$i", [], "body=$i");
        }

        for ($i = 0; $i < 50; $i++) {
            $request = $this->receiveJson();
            self::assertSame(($i % 2 === 0 ? '/get/' : '/post/') . $i, $request['path']);
            self::assertSame($i % 2 === 0 ? '' : "body=$i", $request['body']);
        }
    }

    public function testARequestMayArriveInPieces(): void
    {
        foreach (str_split("POST /slow HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\n\r\nbody") as $byte) {
            $this->client->write($byte);
        }

        self::assertSame('body', $this->receiveJson()['body']);
    }

    public function testAStringIsSentAsHtml(): void
    {
        $response = $this->client->get('/string');

        self::assertSame('text/html;charset=utf-8', $response['headers']['content-type']);
        self::assertSame('5', $response['headers']['content-length']);
        self::assertSame('0', $this->client->get('/empty')['headers']['content-length']);
    }

    public function testAResponseDecidesStatusHeadersAndBody(): void
    {
        $response = $this->client->get('/response');

        self::assertSame([201, 'made'], [$response['status'], $response['body']]);
        self::assertSame('yes', $response['headers']['x-test']);
        self::assertSame('text/plain', $response['headers']['content-type']);
    }

    public function testAResponseSetsCookies(): void
    {
        self::assertSame(
            'name=a%20b; Max-Age=60; Path=/; HttpOnly',
            $this->client->get('/cookie')['headers']['set-cookie'],
        );
    }

    /** @return array<string, mixed> */
    private function receiveJson(): array
    {
        return json_decode($this->client->receive()['body'], true, flags: JSON_THROW_ON_ERROR);
    }
}
