<?php

declare(strict_types=1);

namespace Ouvrier\Tests\Protocol;

use Ouvrier\Tests\Harness\Client\HttpClient;
use Ouvrier\Tests\Harness\Client\TextClient;
use Ouvrier\Tests\Harness\Port;
use Ouvrier\Tests\Harness\ServerTestCase;
use Ouvrier\Tests\Harness\Wait;

/** Requests behind one that is answered late. */
final class PipeliningTest extends ServerTestCase
{
    private HttpClient $client;

    private TextClient $control;

    private function begin(string $loop = 'Select', string $protocol = ''): void
    {
        $control = Port::free();
        $server = $this->serve('pipelining', ['LOOP' => $loop, 'CONTROL' => $control, 'PROTOCOL' => $protocol]);
        $server->waitForPort($control);
        $this->client = HttpClient::to($this->port);
        $this->control = TextClient::to($control);
    }

    /** Sends requests in one segment, and waits until the first is handled. */
    private function pipeline(string ...$paths): void
    {
        $requests = array_map(static fn (string $path): string => "GET $path HTTP/1.1\r\nHost: a\r\n\r\n", $paths);
        $this->client->write(implode('', $requests));
        Wait::until(fn (): bool => $this->control->askJson('what') !== [], 'the first request');
    }

    /** @return list<string> what has happened so far */
    private function goOn(): array
    {
        return $this->control->askJson('go on');
    }

    /**
     * @dataProvider lateAnswers
     */
    public function testARequestWaitsForTheAnswerToTheOneBefore(string $loop, string $path, string $body, string $protocol = ''): void
    {
        $this->begin($loop, $protocol);
        $this->pipeline($path, '/a', '/b');

        self::assertSame([$path], $this->control->askJson('what'));
        $this->goOn();

        self::assertStringEndsWith($body, $this->client->receive()['body']);
        self::assertSame('/a', $this->client->receive()['body']);
        self::assertSame('/b', $this->client->receive()['body']);
    }

    /** @return iterable<string, array{string, string, string}> */
    public static function lateAnswers(): iterable
    {
        yield 'a string' => ['Select', '/late', '/late'];
        yield 'a string from another fiber' => ['Fiber', '/late', '/late'];
        yield 'a callback that suspends' => ['Fiber', '/suspended', '/suspended'];
        yield 'bytes' => ['Select', '/raw', 'raw'];
        yield 'an object of the application' => ['Select', '/own', 'own'];
        yield 'a file' => ['Select', '/file', "Worker::runAll();\n"];
        foreach (['Extended', 'Delegating'] as $protocol) {
            yield "a string, $protocol" => ['Select', '/late', '/late', $protocol];
            yield "a callback that suspends, $protocol" => ['Fiber', '/suspended', '/suspended', $protocol];
            yield "bytes, $protocol" => ['Select', '/raw', 'raw', $protocol];
            yield "a file, $protocol" => ['Select', '/file', "Worker::runAll();\n", $protocol];
        }
    }

    /** @return iterable<string, array{string}> */
    public static function protocols(): iterable
    {
        yield 'the native one' => [''];
        yield 'a class that extends it' => ['Extended'];
        yield 'a class that uses it' => ['Delegating'];
    }

    /** More than a client that does not read is to have waiting. */
    public function testLargeAnswersWaitForTheClientAndNoneIsLost(): void
    {
        $this->begin();
        $numbers = range(100, 139);
        $this->pipeline(...array_map(static fn (int $number): string => "/large?$number", $numbers));
        self::assertLessThan(count($numbers), count($this->control->askJson('what')));

        foreach ($numbers as $number) {
            $body = $this->client->receive()['body'];
            self::assertSame([(string) $number, 3 + 512 * 1024], [substr($body, 0, 3), strlen($body)]);
        }
    }

    /** @dataProvider protocols */
    public function testChunkedAnswersEndWithTheLastChunk(string $protocol): void
    {
        $this->begin(protocol: $protocol);
        $this->pipeline('/chunks', '/a');

        $this->goOn();
        $this->goOn();
        self::assertSame(['/chunks'], $this->goOn());

        self::assertStringEndsWith("\r\n\r\n3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n", $this->client->readUntil("0\r\n\r\n"));
        self::assertSame('/a', $this->client->receive()['body']);
    }

    /** @dataProvider protocols */
    public function testNothingIsAnsweredBehindEvents(string $protocol): void
    {
        $this->begin(protocol: $protocol);
        $this->pipeline('/events', '/a');

        $this->goOn();
        $this->goOn();
        $this->goOn();

        self::assertStringEndsWith("\r\n\r\ndata: one\n\n", $this->client->readToEnd());
        self::assertSame(['/events', 'closed'], $this->control->askJson('what'));
    }

    /** @dataProvider protocols */
    public function testAnInterimResponseIsNoAnswer(string $protocol): void
    {
        $this->begin(protocol: $protocol);
        $this->pipeline('/hints', '/a');

        self::assertSame(['/hints'], $this->goOn());
        self::assertSame(103, $this->client->receive()['status']);
        $this->goOn();

        self::assertSame('/hints', $this->client->receive()['body']);
        self::assertSame('/a', $this->client->receive()['body']);
    }

    /** @dataProvider protocols */
    public function testABadRequestIsRefusedInItsTurn(string $protocol): void
    {
        $this->begin(protocol: $protocol);
        $this->pipeline('/late', " \x01");

        $this->goOn();

        self::assertSame([200, '/late'], array_values(array_diff_key($this->client->receive(), ['headers' => 0])));
        self::assertSame(400, $this->client->receive()['status']);
        self::assertSame('', $this->client->readToEnd());
    }

    /** @dataProvider protocols */
    public function testEndAnswersNothingMore(string $protocol): void
    {
        $this->begin(protocol: $protocol);
        $this->pipeline('/end', '/a');

        $this->goOn();

        self::assertStringEndsWith('ended', $this->client->readToEnd());
        self::assertNotContains('/a', $this->control->askJson('what'));
    }

    /** @dataProvider protocols */
    public function testAnotherProtocolWaitsForNoAnswer(string $protocol): void
    {
        $this->begin(protocol: $protocol);
        $this->pipeline('/text', '/a');

        $this->goOn();

        self::assertSame("text from now on\n", $this->client->readUntil("\n"));
        self::assertSame("GET /a HTTP/1.1\n", $this->client->readUntil("\n"));
    }

    /** @dataProvider protocols */
    public function testAClientThatLeavesIsNoticedThoughItsRequestsWait(string $protocol): void
    {
        $this->begin(protocol: $protocol);
        $this->pipeline('/late', '/a');

        $this->client->close();

        Wait::until(fn (): bool => $this->control->askJson('what') === ['/late', 'closed'], 'the end of the connection');
        self::assertSame(['/late', 'closed'], $this->goOn());
    }

    /** @dataProvider protocols */
    public function testManyRequestsWaitAndAreAnsweredInOrder(string $protocol): void
    {
        $this->begin(protocol: $protocol);
        $paths = array_map(static fn (int $i): string => "/$i", range(1, 20_000));
        $this->pipeline('/late', ...$paths);

        $this->goOn();

        self::assertSame('/late', $this->client->receive()['body']);
        foreach ($paths as $path) {
            self::assertSame($path, $this->client->receive()['body']);
        }
    }
}
