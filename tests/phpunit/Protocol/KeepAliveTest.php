<?php

declare(strict_types=1);

namespace Ouvrier\Tests\Protocol;

use Ouvrier\Tests\Harness\Client\HttpClient;
use Ouvrier\Tests\Harness\ServerProcess;
use Ouvrier\Tests\Harness\ServerTestCase;

/**
 * What an answer owes to the request before it, and to the connection (RFC 9112 section 9).
 */
final class KeepAliveTest extends ServerTestCase
{
    private ServerProcess $server;

    private HttpClient $client;

    /** The callback for /block does not return while this file exists. */
    private string $gate;

    protected function setUp(): void
    {
        parent::setUp();
        $this->gate = (string) tempnam(sys_get_temp_dir(), 'ouvrier-gate');
        $this->server = $this->serve('keep-alive', ['GATE' => $this->gate]);
        $this->client = HttpClient::to($this->port);
    }

    protected function tearDown(): void
    {
        @unlink($this->gate);
        parent::tearDown();
    }

    /** @dataProvider closing */
    public function testTheConnectionEndsWithTheAnswerWhereItIsToEnd(string $target, string $version, string ...$headers): void
    {
        $answer = $this->send($target, $version, ...$headers)->readToEnd();

        self::assertMatchesRegularExpression('/^connection: close\r$/mi', $answer);
        self::assertSame(1, preg_match_all('/^connection:/mi', $answer));
        self::assertSame(1, preg_match_all('/^HTTP\/1\.1 [2-5]/m', $answer), $answer);
    }

    /** @return iterable<string, array<string>> */
    public static function closing(): iterable
    {
        foreach (['/string', '/response', '/plain', '/file', '/chunks', '/204', '/304', '/own', '/string?later', '/chunks?later'] as $target) {
            yield "$target, the client wants it" => [$target, '1.1', 'Connection: close'];
            yield "$target, HTTP/1.0" => [$target, '1.0'];
        }
        yield 'the script wants it' => ['/closing', '1.1'];
        yield 'the script wants it although HTTP/1.0 would keep it' => ['/closing', '1.0', 'Connection: keep-alive'];
        yield 'an end that only the end can tell' => ['/chunks', '1.0', 'Connection: keep-alive'];
        yield 'events that never come' => ['/events', '1.1', 'X-Method: HEAD'];
    }

    public function testHttp10MayKeepTheConnection(): void
    {
        foreach ([1, 2] as $ignored) {
            $response = $this->send('/string', '1.0', 'Connection: Keep-Alive')->receive();
            self::assertSame('keep-alive', $response['headers']['connection']);
        }
    }

    public function testHttp10GetsNoChunksAndNoInterimAnswer(): void
    {
        $chunks = $this->send('/chunks', '1.0')->readToEnd();
        self::assertStringEndsWith("\r\n\r\none,two,three", $chunks);
        self::assertStringNotContainsStringIgnoringCase('Transfer-Encoding', $chunks);

        $this->client = HttpClient::to($this->port);
        self::assertStringStartsWith('HTTP/1.1 200 OK', $this->send('/hints', '1.0')->readToEnd());
    }

    /** @testWith ["/string"]
     *            ["/response"]
     *            ["/plain"]
     *            ["/file"]
     *            ["/chunks"]
     *            ["/chunks?later"]
     *            ["/204"]
     *            ["/304"]
     */
    public function testTheAnswerToHeadIsTheHeadOfThatToGet(string $target): void
    {
        $this->client->request('HEAD', $target)->request('HEAD', $target)->request('GET', $target);

        $heads = [$this->head(), $this->head(), $this->head()];

        self::assertSame($heads[0], $heads[1]);
        self::assertSame($heads[0], $heads[2]);
    }

    public function testADateComesFirst(): void
    {
        $this->client->request('GET', '/string');

        $head = $this->client->readUntil("\r\n\r\n");

        self::assertMatchesRegularExpression('/^HTTP\/1\.1 200 OK\r\nDate: (.*) GMT\r\n/', $head);
        preg_match('/Date: (.*)\r/', $head, $date);
        self::assertEqualsWithDelta(time(), strtotime($date[1]), 2);
    }

    public function testWhatTheScriptSaysIsNotSaidTwice(): void
    {
        $this->client->request('GET', '/own');

        self::assertSame(
            "HTTP/1.1 200 OK\r\ndate: mine\r\nCONNECTION: keep-alive\r\nContent-Type: text/html;charset=utf-8\r\n"
            . "Content-Length: 4\r\n\r\ntext",
            $this->client->readUntil("\r\n\r\n") . $this->client->read(4),
        );
    }

    public function testStatusesWithoutABodyDoNotDescribeOne(): void
    {
        $this->client->request('GET', '/204')->request('GET', '/304')->request('GET', '/string');

        self::assertSame("HTTP/1.1 204 No Content\r\nConnection: keep-alive\r\n\r\n", $this->head());
        self::assertSame("HTTP/1.1 304 Not Modified\r\nETag: \"a\"\r\nConnection: keep-alive\r\n\r\n", $this->head());
        self::assertSame('text', $this->client->receive()['body']);
    }

    public function testABodyIsInvitedBeforeItIsSent(): void
    {
        foreach (['/string', '/body'] as $target) {
            $head = "POST $target HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n";
            $this->client->write($head);
            self::assertSame("HTTP/1.1 100 Continue\r\n\r\n", $this->client->readUntil("\r\n\r\n"));
            $this->client->write('text');
            self::assertSame($target === '/body' ? '4' : 'text', $this->client->receive()['body']);
        }
    }

    public function testTheInvitationWaitsForTheAnswerBefore(): void
    {
        $this->client->request('GET', '/string?later');
        $this->client->write("POST /body HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n");

        self::assertSame('text', $this->client->receive()['body']);
        self::assertSame("HTTP/1.1 100 Continue\r\n\r\n", $this->client->readUntil("\r\n\r\n"));
    }

    public function testABodyIsInvitedWhileTheScriptIsBusy(): void
    {
        $known = HttpClient::to($this->port);
        $known->get('/string');
        $this->client->request('GET', '/block');
        $this->server->waitForOutput('blocked');

        foreach ([$known, HttpClient::to($this->port)] as $client) {
            $client->write("POST /body HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n");
            self::assertSame("HTTP/1.1 100 Continue\r\n\r\n", $client->readUntil("\r\n\r\n"));
            $client->write('text');
            $clients[] = $client;
        }
        unlink($this->gate);

        self::assertSame('unblocked', $this->client->receive()['body']);
        foreach ($clients as $client) {
            self::assertSame('4', $client->receive()['body']);
        }
    }

    /** @testWith ["Expect: tea", 4, "417"]
     *            ["Expect: 100-continue", 1000000000, "413"]
     */
    public function testABodyThatIsNotWantedIsNotWaitedFor(string $expect, int $length, string $status): void
    {
        $this->client->write("POST /body HTTP/1.1\r\nHost: a\r\n$expect\r\nContent-Length: $length\r\n\r\n");

        self::assertStringStartsWith("HTTP/1.1 $status ", $this->client->readToEnd());
    }

    private function send(string $target, string $version, string ...$headers): HttpClient
    {
        $method = in_array('X-Method: HEAD', $headers, true) ? 'HEAD' : 'GET';
        $this->client->write(implode("\r\n", ["$method $target HTTP/$version", 'Host: a', ...$headers, '', '']));
        return $this->client;
    }

    /** The next head, without its date. */
    private function head(): string
    {
        return preg_replace('/^Date: .*\r\n/m', '', $this->client->readUntil("\r\n\r\n"));
    }
}
