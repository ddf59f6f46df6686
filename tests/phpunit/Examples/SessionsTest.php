<?php

declare(strict_types=1);

namespace Ouvrier\Tests\Examples;

use Ouvrier\Tests\Harness\Client\HttpClient;
use Ouvrier\Tests\Harness\RedisServer;
use Ouvrier\Tests\Harness\ServerTestCase;

/**
 * examples/http/sessions.php
 */
final class SessionsTest extends ServerTestCase
{
    private ?RedisServer $redis = null;

    protected function tearDown(): void
    {
        parent::tearDown();
        $this->redis?->stop();
    }

    public function testWhoLogsInIsGreetedByEveryProcessUntilTheLogout(): void
    {
        $this->redis = RedisServer::start();
        $environment = ['PORT' => $this->port, 'REDIS_PORT' => $this->redis->port];
        $server = $this->example('http/sessions.php', environment: $environment);
        $server->waitForPort($this->port);

        self::assertStringContainsString('id="login"', $this->ask('GET', '/', $cookie));
        $this->ask('POST', '/login', $cookie, 'name=' . urlencode('Ada <3'));
        for ($visit = 1; $visit < 10; $visit++) {
            self::assertStringContainsString("Hello Ada &lt;3, visit $visit.", $this->ask('GET', '/', $cookie));
        }
        $this->ask('POST', '/logout', $cookie);
        self::assertStringContainsString('id="login"', $this->ask('GET', '/', $cookie));
    }

    /** Asks over a connection of its own, as a browser with one cookie. */
    private function ask(string $method, string $path, ?string &$cookie, string $form = ''): string
    {
        $headers = ['Content-Type: application/x-www-form-urlencoded', ...$cookie === null ? [] : ["Cookie: $cookie"]];
        $client = HttpClient::to($this->port);
        $answer = $client->request($method, $path, $headers, $form)->receive();
        $client->close();
        if (isset($answer['headers']['set-cookie'])) {
            self::assertStringContainsString('HttpOnly', $answer['headers']['set-cookie']);
            $cookie = strstr($answer['headers']['set-cookie'], ';', true);
        }
        return $answer['body'];
    }
}
