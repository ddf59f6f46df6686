<?php

declare(strict_types=1);

namespace Ouvrier\Tests\Worker;

use Ouvrier\Tests\Harness\Client\WebsocketClient;
use Ouvrier\Tests\Harness\ServerTestCase;

final class OptionsTest extends ServerTestCase
{
    /** @testWith ["websocket"]
     *            ["http"]
     */
    public function testTheHeadMayHaveAsManyBytesAsTheOptionSays(string $scheme): void
    {
        $this->serve('options', ['SCHEME' => $scheme, 'OPTIONS' => '{"limits":{"head_size":1024}}']);

        $client = WebsocketClient::to($this->port);
        $client->write("GET / HTTP/1.1\r\nHost: localhost\r\nX: " . str_repeat('x', 1024));

        self::assertStringStartsWith('HTTP/1.1 431 ', $client->readToEnd());
    }

    /** @testWith ["{\"uri_size\":100}", "414"]
     *            ["{\"header_count\":1}", "431"]
     */
    public function testAnHttpRequestHasTheLimitsThatTheOptionsSay(string $limits, string $status): void
    {
        $this->serve('options', ['SCHEME' => 'http', 'OPTIONS' => "{\"limits\":$limits}"]);

        $client = WebsocketClient::to($this->port);
        $client->write('GET /' . str_repeat('x', 100) . " HTTP/1.1\r\nHost: localhost\r\nX: y\r\n\r\n");

        self::assertStringStartsWith("HTTP/1.1 $status ", $client->readToEnd());
    }

    public function testAServiceWithAnOptionThatIsNotKnownDoesNotStart(): void
    {
        $server = $this->launch(
            dirname(__DIR__) . '/fixtures/options.php',
            ['start'],
            ['PORT' => $this->port, 'OPTIONS' => '{"limits":{"headsize":1024}}'],
        );

        self::assertSame(1, $server->waitForExit());
        self::assertStringContainsString('the option limits.headsize is not known', $server->output());
    }
}
