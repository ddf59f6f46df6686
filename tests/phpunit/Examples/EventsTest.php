<?php

declare(strict_types=1);

namespace Ouvrier\Tests\Examples;

use Ouvrier\Tests\Harness\Client\HttpClient;
use Ouvrier\Tests\Harness\ServerProcess;
use Ouvrier\Tests\Harness\ServerTestCase;

/**
 * examples/http/events.php
 */
final class EventsTest extends ServerTestCase
{
    private ServerProcess $server;

    protected function setUp(): void
    {
        parent::setUp();
        $this->server = $this->example('http/events.php', environment: ['PORT' => $this->port]);
        $this->server->waitForPort($this->port);
    }

    public function testWhatIsSaidIsHeardByAll(): void
    {
        $first = $this->listen(1);
        $second = $this->listen(2);
        $first->readUntil("event: listeners\ndata: 2\n\n");

        $this->say('hello "you"');

        $first->readUntil("data: \"hello \\\"you\\\"\"\n\n");
        $second->readUntil("data: \"hello \\\"you\\\"\"\n\n");
    }

    public function testWhatIsNoTextCostsNobodyTheConnection(): void
    {
        $listener = $this->listen(1);

        $this->say("caf\xe9");
        $listener->readUntil("data: \"caf\\ufffd\"\n\n");

        $this->say(['no text'], 422);
        $this->say('still here');
        $listener->readUntil("data: \"still here\"\n\n");
    }

    public function testAListenerThatIsGoneIsMissedAtOnce(): void
    {
        $first = $this->listen(1);
        $second = $this->listen(2);
        $first->readUntil("event: listeners\ndata: 2\n\n");

        $second->close();

        $first->readUntil("event: listeners\ndata: 1\n\n");
    }

    public function testAListenerThatDoesNotReadIsGivenUp(): void
    {
        $reader = $this->listen(1);
        $this->listen(2, $sleeper);
        $reader->readUntil("event: listeners\ndata: 2\n\n");
        $text = str_repeat('x', 1 << 20);

        for ($told = 0; $told < 64 && !str_contains($heard ?? '', "event: listeners\ndata: 1\n\n"); $told++) {
            $this->say($text);
            $heard = $reader->readUntil("$text\"\n\n");
        }

        self::assertLessThan(64, $told, 'the listener that does not read is still there');
        self::assertNotNull($sleeper);
    }

    private function listen(int $listeners, ?HttpClient &$client = null): HttpClient
    {
        $client = HttpClient::to($this->port)->request('GET', '/events');
        self::assertStringContainsString('text/event-stream', $client->readUntil("\r\n\r\n"));
        $client->readUntil("event: listeners\ndata: $listeners\n\n");
        return $client;
    }

    private function say(mixed $text, int $status = 204): void
    {
        $form = http_build_query(['text' => $text]);
        $headers = ['Content-Type: application/x-www-form-urlencoded'];
        $client = HttpClient::to($this->port)->request('POST', '/say', $headers, $form);
        self::assertSame($status, $client->receive()['status']);
        $client->close();
    }
}
