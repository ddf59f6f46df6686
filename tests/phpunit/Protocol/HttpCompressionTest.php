<?php

declare(strict_types=1);

namespace Ouvrier\Tests\Protocol;

use Ouvrier\Tests\Harness\Client\HttpClient;
use Ouvrier\Tests\Harness\ServerTestCase;

/**
 * The option http.compression.
 */
final class HttpCompressionTest extends ServerTestCase
{
    private const TEXT = 'some text that is said again and again, ';

    public function testWhoAcceptsGzipGetsIt(): void
    {
        $client = $this->start(['compression' => true]);

        foreach (['/string', '/response'] as $path) {
            $answer = $client->request('GET', $path, ['Accept-Encoding: br;q=1, gzip;q=0.8'])->receive();
            self::assertSame(str_repeat(self::TEXT, 100), gzdecode($answer['body']), $path);
            self::assertSame(['gzip', 'Accept-Encoding'], [$answer['headers']['content-encoding'], $answer['headers']['vary']]);
        }
        self::assertSame('W/"one"', $answer['headers']['etag']);
    }

    public function testTheNextRequestOfAConnectionHasItsOwnWish(): void
    {
        $client = $this->start(['compression' => true]);
        $client->request('GET', '/string', ['Accept-Encoding: gzip'])->receive();

        foreach ([[], ['Accept-Encoding: gzip;q=0']] as $headers) {
            $answer = $client->request('GET', '/string', $headers)->receive();
            self::assertSame(str_repeat(self::TEXT, 100), $answer['body']);
            self::assertArrayNotHasKey('content-encoding', $answer['headers']);
            self::assertSame('Accept-Encoding', $answer['headers']['vary']);
        }
    }

    public function testSomeAnswersAreLeftAlone(): void
    {
        $client = $this->start(['compression' => true, 'compression_least' => 2000]);

        foreach (['/short', '/image', '/coded', '/part', '/file'] as $path) {
            $answer = $client->request('GET', $path, ['Accept-Encoding: gzip'])->receive();
            self::assertSame($path === '/coded' ? 'br' : null, $answer['headers']['content-encoding'] ?? null, $path);
            self::assertArrayNotHasKey('vary', $answer['headers'], $path);
        }
    }

    public function testWithoutTheOptionNothingIsCompressed(): void
    {
        $answer = $this->start([])->request('GET', '/string', ['Accept-Encoding: gzip'])->receive();

        self::assertSame(str_repeat(self::TEXT, 100), $answer['body']);
        self::assertArrayNotHasKey('vary', $answer['headers']);
    }

    /** @param array<string, mixed> $options */
    private function start(array $options): HttpClient
    {
        $this->serve('compression', ['TEXT' => self::TEXT, 'OPTIONS' => json_encode(['http' => $options])]);
        return HttpClient::to($this->port);
    }
}
