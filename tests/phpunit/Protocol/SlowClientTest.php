<?php

declare(strict_types=1);

namespace Ouvrier\Tests\Protocol;

use Ouvrier\Tests\Harness\Client\HttpClient;
use Ouvrier\Tests\Harness\ServerProcess;
use Ouvrier\Tests\Harness\ServerTestCase;

/**
 * Clients that hold on to connections by being slow.
 */
final class SlowClientTest extends ServerTestCase
{
    private const CLIENTS = 50;

    public function testAHealthyClientIsServedBesideSlowOnesAndTheyAreRefused(): void
    {
        $this->start(['header_timeout' => 0.5, 'body_timeout' => 0.5, 'body_rate' => 1000]);
        $heads = $this->clients("GET / HTTP/1.1\r\nHost: a\r\nX-Slow: ");
        $bodies = $this->clients("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nx");
        $chunks = $this->clients("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nx");
        $silent = $this->clients('');

        $healthy = HttpClient::to($this->port);
        for ($i = 0; $i < 20; $i++) {
            self::assertSame(200, $healthy->get('/')['status']);
        }

        foreach ([...$heads, ...$bodies, ...$chunks] as $client) {
            self::assertStringStartsWith('HTTP/1.1 408 ', $client->readToEnd());
        }
        foreach ($silent as $client) {
            self::assertSame('', $client->readToEnd());
        }
    }

    public function testAHeadThatTricklesHasNoMoreTime(): void
    {
        $this->start(['header_timeout' => 0.5]);
        $client = HttpClient::to($this->port)->write("GET / HTTP/1.1\r\n");

        // Until the answer is there, which it never would be if each line were an excuse.
        for ($lines = 0; $lines < 200 && !$client->hasData(0.05); $lines++) {
            $client->write("X-$lines: y\r\n");
        }

        self::assertStringStartsWith('HTTP/1.1 408 ', $client->readToEnd());
    }

    public function testAClientThatDoesNotReadIsGivenUp(): void
    {
        $server = $this->start(['write_timeout' => 0.5], ['BODY' => (string) (16 << 20)]);
        $clients = $this->clients("GET / HTTP/1.1\r\nHost: a\r\n\r\n");

        $server->waitForMatch('/(closed\n){' . self::CLIENTS . '}/');

        self::assertSame(200, HttpClient::to($this->port)->get('/')['status']);
        self::assertCount(self::CLIENTS, $clients);
    }

    public function testAnIdleClientIsPartedFrom(): void
    {
        $this->start(['idle_timeout' => 0.2]);
        $client = HttpClient::to($this->port);

        self::assertSame(200, $client->get('/')['status']);
        self::assertSame('', $client->readToEnd());
    }

    public function testWhoWaitsForAnAnswerIsNotIdle(): void
    {
        $this->start(['idle_timeout' => 0.1, 'header_timeout' => 0.1, 'body_timeout' => 0.1]);

        self::assertSame('late', HttpClient::to($this->port)->get('/late')['body']);
        $events = HttpClient::to($this->port)->request('GET', '/events');
        $events->readUntil("data: late\n\n");
        $raw = HttpClient::to($this->port)->request('GET', '/raw');
        $raw->readUntil('late');
    }

    /**
     * @param array<string, float|int> $options
     * @param array<string, string> $environment
     */
    private function start(array $options, array $environment = []): ServerProcess
    {
        return $this->serve('pace', $environment + ['OPTIONS' => json_encode(['http' => $options])]);
    }

    /** @return list<HttpClient> */
    private function clients(string $words): array
    {
        $clients = [];
        for ($i = 0; $i < self::CLIENTS; $i++) {
            $clients[] = HttpClient::to($this->port)->write($words);
        }
        return $clients;
    }
}
