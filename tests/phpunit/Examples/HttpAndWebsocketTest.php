<?php

declare(strict_types=1);

namespace Ouvrier\Tests\Examples;

use Ouvrier\Tests\Harness\Client\HttpClient;
use Ouvrier\Tests\Harness\Client\WebsocketClient;
use Ouvrier\Tests\Harness\ServerTestCase;

/**
 * examples/listen/http-and-websocket.php
 */
final class HttpAndWebsocketTest extends ServerTestCase
{
    public function testAnHttpRequestSendsToTheWebsocketClientsOfItsProcess(): void
    {
        $server = $this->example('listen/http-and-websocket.php');
        $server->waitForPort(2019);
        $first = WebsocketClient::open(2019);
        $second = WebsocketClient::open(2019);

        $http = HttpClient::to(2018);

        self::assertSame("sent to 2 clients\n", $http->get('/?message=hello%20there')['body']);
        self::assertSame('hello there', $first->receive());
        self::assertSame('hello there', $second->receive());
        self::assertCount(1, $server->waitForWorkers(1));
    }

    public function testWhatBrowsersWouldLeaveAtIsRefused(): void
    {
        $server = $this->example('listen/http-and-websocket.php');
        $server->waitForPort(2019);
        $client = WebsocketClient::open(2019);
        $http = HttpClient::to(2018);

        self::assertSame(400, $http->get('/?message=%e9')['status']);
        self::assertSame(400, $http->get('/?message[]=hello')['status']);
        self::assertSame(200, $http->get('/?message=caf%c3%a9')['status']);
        self::assertSame("caf\u{e9}", $client->receive());
    }
}
