<?php

declare(strict_types=1);

namespace Ouvrier\Tests\Examples;

use Ouvrier\Tests\Harness\Client\WebsocketClient;
use Ouvrier\Tests\Harness\ServerTestCase;

/**
 * examples/websocket/chat.php
 */
final class ChatTest extends ServerTestCase
{
    private const SECRET = 'secret of the test';

    protected function setUp(): void
    {
        parent::setUp();
        $server = $this->example('websocket/chat.php', environment: [
            'CHAT_SECRET' => self::SECRET,
            'LISTEN' => "127.0.0.1:$this->port",
            'ORIGINS' => 'https://example.com',
        ]);
        $server->waitForPort($this->port);
    }

    public function testVisitorsWithATokenTalkToEachOther(): void
    {
        $anna = $this->visitor($this->token('anna', time() + 60));
        self::assertSame('anna has come', $anna->receive());
        $bert = $this->visitor($this->token('bert', time() + 60));
        self::assertSame('bert has come', $bert->receive());
        self::assertSame('bert has come', $anna->receive());

        $bert->send('hello');

        self::assertSame('bert: hello', $anna->receive());
        self::assertSame('bert: hello', $bert->receive());
        $bert->close();
        self::assertSame('bert has left', $anna->receive());
    }

    public function testNobodyElseIsLetIn(): void
    {
        $token = $this->token('anna', time() + 60);
        foreach ([
            [401, ''],
            [401, 'nonsense'],
            [401, "x$token"],
            [401, $this->token('anna', time() - 1)],
            [403, $token, 'https://elsewhere.example'],
        ] as $case) {
            [$status, $shown, $origin] = $case + [2 => 'https://example.com'];
            $client = $this->knock($shown, $origin);
            self::assertStringStartsWith("HTTP/1.1 $status ", $client->readToEnd(), $shown);
        }
    }

    private function visitor(string $token): WebsocketClient
    {
        $client = $this->knock($token, 'https://example.com');
        $head = $client->readUntil("\r\n\r\n");
        self::assertStringStartsWith('HTTP/1.1 101 ', $head);
        self::assertStringContainsString('permessage-deflate', $head);
        return $client;
    }

    private function knock(string $token, string $origin): WebsocketClient
    {
        $client = WebsocketClient::to($this->port);
        $offer = 'Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits';
        $client->requestHandshake('/?token=' . rawurlencode($token), ["Origin: $origin", $offer]);
        return $client;
    }

    /** As the site would make it. */
    private function token(string $user, int $until): string
    {
        $claim = rtrim(strtr(base64_encode(json_encode([$user, $until])), '+/', '-_'), '=');
        return "$claim." . hash_hmac('sha256', $claim, self::SECRET);
    }
}
