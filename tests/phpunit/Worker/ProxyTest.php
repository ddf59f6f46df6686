<?php

declare(strict_types=1);

namespace Ouvrier\Tests\Worker;

use Ouvrier\Tests\Harness\Client\Connection;
use Ouvrier\Tests\Harness\Client\TextClient;
use Ouvrier\Tests\Harness\Client\WebsocketClient;
use Ouvrier\Tests\Harness\ServerTestCase;

final class ProxyTest extends ServerTestCase
{
    private const HEADER = "PROXY TCP4 203.0.113.7 127.0.0.1 4711 80\r\n";

    private function proxied(string $scheme, string $options): void
    {
        $this->serve('proxied', ['SCHEME' => $scheme, 'OPTIONS' => "{\"proxy\":$options}"]);
    }

    private function get(Connection $client, string $forwarded): string
    {
        $client->write("GET / HTTP/1.1\r\nHost: a\r\n{$forwarded}\r\n");
        preg_match('/Content-Length: (\d+)/', $client->readUntil("\r\n\r\n"), $length);
        return $client->read((int) $length[1]);
    }

    public function testEachHttpRequestIsFromWhomTheTrustedProxySays(): void
    {
        $this->proxied('http', '{"trusted":["127.0.0.1","10.0.0.0/8"]}');
        $client = Connection::to($this->port);

        self::assertSame('203.0.113.7 0', $this->get($client, "X-Forwarded-For: 1.1.1.1, 203.0.113.7, 10.0.0.2\r\n"));
        self::assertSame('203.0.113.8 5', $this->get($client, "X-Forwarded-For: 203.0.113.8:5\r\n"));
        self::assertStringStartsWith('127.0.0.1 ', $this->get($client, ''));
    }

    public function testNobodyElseIsBelieved(): void
    {
        $this->proxied('http', '{"trusted":["10.0.0.0/8"]}');

        self::assertStringStartsWith(
            '127.0.0.1 ',
            $this->get(Connection::to($this->port), "X-Forwarded-For: 203.0.113.7\r\n"),
        );
    }

    public function testAWebsocketClientIsWhoItsHandshakeSays(): void
    {
        $this->proxied('websocket', '{"trusted":["127.0.0.1"]}');
        $client = WebsocketClient::to($this->port);
        $client->requestHandshake('/', ['X-Forwarded-For: 203.0.113.7']);
        $client->readUntil("\r\n\r\n");

        self::assertSame('203.0.113.7 0', $client->ask('who am I?'));
    }

    public function testTheProxyProtocolNamesTheClientOfAnyProtocol(): void
    {
        $this->proxied('text', '{"trusted":["127.0.0.1"],"protocol":true}');

        $text = TextClient::to($this->port);
        foreach (str_split(self::HEADER . "who am I?\n") as $byte) {
            $text->write($byte);
        }
        self::assertSame("203.0.113.7 4711\n", $text->readUntil("\n"));

        $binary = TextClient::to($this->port);
        $binary->write(
            "\r\n\r\n\0\r\nQUIT\n\x21\x11" . pack('n', 12) . inet_pton('203.0.113.9') . inet_pton('127.0.0.1') . pack('nn', 5, 80)
            . "who am I?\n",
        );
        self::assertSame("203.0.113.9 5\n", $binary->readUntil("\n"));
    }

    public function testATrustedProxyHasToIntroduceItsClients(): void
    {
        $this->proxied('text', '{"trusted":["127.0.0.1"],"protocol":true}');
        $client = TextClient::to($this->port)->write("who am I?\n");

        self::assertSame('', $client->readToEnd());
    }

    public function testWhatOthersSayByTheProxyProtocolIsTheirMessage(): void
    {
        $this->proxied('text', '{"trusted":["10.0.0.1"],"protocol":true}');
        $client = TextClient::to($this->port)->write("PROXY TCP4 203.0.113.7 127.0.0.1 4711 80\n");

        self::assertStringStartsWith('127.0.0.1 ', $client->readUntil("\n"));
    }
}
