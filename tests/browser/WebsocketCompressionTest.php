<?php

declare(strict_types=1);

namespace Ouvrier\Tests\Browser;

use Ouvrier\Tests\Harness\Certificate;
use Ouvrier\Tests\Harness\ServerTestCase;

/**
 * Messages between a real browser and a server, both of which compress
 */
final class WebsocketCompressionTest extends ServerTestCase
{
    private ?WebDriver $browser = null;

    protected function tearDown(): void
    {
        $this->browser?->quit();
        parent::tearDown();
    }

    /** @testWith [false, false]
     *            [true, false]
     *            [false, true]
     *            [true, true]
     */
    public function testMessagesOfABrowserComeBack(bool $takeover, bool $tls): void
    {
        $certificate = $tls ? new Certificate() : null;
        $s = $tls ? 's' : '';
        $options = ['compression' => ['threshold' => 0, 'context_takeover' => $takeover], 'follow_type' => true];
        $this->serve('websocket-compression', [
            'OPTIONS' => json_encode(['websocket' => $options]),
            'CERTIFICATE' => $certificate->file ?? '',
        ]);
        $this->browser = new WebDriver();

        // A page to be on: any answer is one.
        $this->browser->open("http$s://127.0.0.1:$this->port/");
        [$extensions, $failures] = $this->browser->execute(<<<'JS'
            return new Promise((resolve) => {
                const messages = ['again '.repeat(10000), '', 'short', 'again '.repeat(9999), new Uint8Array(5000).fill(7).buffer];
                const ws = new WebSocket(arguments[0]);
                ws.binaryType = 'arraybuffer';
                const same = (one, other) => typeof one === 'string'
                    ? one === other
                    : new Uint8Array(one).join() === new Uint8Array(other).join();
                const failures = [];
                let next = 0;
                ws.onopen = () => messages.forEach((message) => ws.send(message));
                ws.onclose = (event) => resolve([ws.extensions, [`closed with ${event.code}`]]);
                ws.onmessage = ({ data }) => {
                    if (!same(messages[next], data)) {
                        failures.push(`message ${next}`);
                    }
                    if (++next === messages.length) {
                        resolve([ws.extensions, failures]);
                    }
                };
            });
            JS, ["ws$s://127.0.0.1:$this->port"]);

        self::assertStringStartsWith('permessage-deflate', $extensions);
        self::assertSame([], $failures);
    }
}
