<?php

declare(strict_types=1);

namespace Ouvrier\Tests\Protocol;

use Ouvrier\Tests\Harness\Client\WebsocketClient;
use Ouvrier\Tests\Harness\ServerProcess;
use Ouvrier\Tests\Harness\ServerTestCase;

final class WebsocketGateTest extends ServerTestCase
{
    private function gate(string $options = '{}'): ServerProcess
    {
        return $this->serve('gate', ['OPTIONS' => $options]);
    }

    /** @return array<string, int> how many were parted from, for the reasons that there were */
    private function counted(ServerProcess $server): array
    {
        $process = $server->command('status', '--json')->json()['processes'][0];
        $isReason = static fn (int|string|bool|null $count, string $name): bool =>
            $count > 0 && ($name === 'refused' || str_starts_with($name, 'closed_'));
        return array_filter($process, $isReason, ARRAY_FILTER_USE_BOTH);
    }

    /** @param list<string> $headers */
    private function answer(string $target, array $headers = []): string
    {
        $client = WebsocketClient::to($this->port);
        $client->requestHandshake($target, $headers);
        return $client->readToEnd();
    }

    public function testAResponseRefusesTheHandshake(): void
    {
        $server = $this->gate();

        $answer = $this->answer('/unauthorized');

        self::assertStringStartsWith("HTTP/1.1 401 Unauthorized\r\n", $answer);
        self::assertStringContainsString("\r\nWWW-Authenticate: Basic realm=\"x\"\r\n", $answer);
        self::assertStringContainsString("\r\nConnection: close\r\n", $answer);
        self::assertStringEndsWith("\r\n\r\nwho are you?", $answer);
        $server->waitForLog('/closed$/m');
    }

    public function testARedirectHasNoHeadersOfThoseWhoAreLetIn(): void
    {
        $this->gate();

        $answer = $this->answer('/moved');

        self::assertStringStartsWith("HTTP/1.1 302 Found\r\n", $answer);
        self::assertStringContainsString("\r\nLocation: /elsewhere\r\n", $answer);
        self::assertStringNotContainsString('X-Meant', $answer);
    }

    public function testCloseWithoutAWordIs403(): void
    {
        $server = $this->gate();

        self::assertStringStartsWith("HTTP/1.1 403 Forbidden\r\n", $this->answer('/silent'));
        $server->waitForLog('/closed$/m');
    }

    public function testAClientThatLeavesBeforeItIsLetInIsNoticedAtOnce(): void
    {
        $server = $this->serve('gate', ['FIBERS' => '1']);
        $client = WebsocketClient::to($this->port);
        $client->requestHandshake('/pending');
        $server->waitForLog('/handshake/');
        $client->close();

        $server->waitForLog('/closed$/m');
        self::assertStringNotContainsString('Exception', $server->output());
    }

    public function testAStatusThatIsNoRefusalIsAMistakeThatLosesNothing(): void
    {
        $this->gate();

        self::assertStringContainsString(
            'refused with a status between 200 and 599, not with 101',
            WebsocketClient::open($this->port, '/mistaken')->receive(),
        );
    }

    public function testASubprotocolIsChosenFromTheOffer(): void
    {
        $server = $this->gate();
        $client = WebsocketClient::to($this->port);
        $client->requestHandshake('/chat', ['Sec-WebSocket-Protocol: mqtt, chat']);

        self::assertStringContainsString("\r\nSec-WebSocket-Protocol: chat\r\n", $client->readUntil("\r\n\r\n"));
        self::assertStringNotContainsString('Warning', $server->log());
    }

    public function testASubprotocolThatWasNotOfferedIsLeftOutAndLogged(): void
    {
        $server = $this->gate();
        $client = WebsocketClient::to($this->port);
        $client->requestHandshake('/chat', ['Sec-WebSocket-Protocol: Chat']);
        $head = $client->readUntil("\r\n\r\n");

        self::assertStringStartsWith('HTTP/1.1 101 ', $head);
        self::assertStringNotContainsString('Sec-WebSocket-Protocol', $head);
        self::assertStringContainsString("\r\nX-Before: 1\r\nX-After: 2\r\n", $head);
        $server->waitForLog('/Warning: the subprotocol chat was left out/');
    }

    public function testAResponseClosesWithACodeAndAReason(): void
    {
        $this->gate();
        $client = WebsocketClient::open($this->port)->send('leave');

        self::assertSame([WebsocketClient::CLOSE, pack('n', 4001) . 'tired'], $client->receiveFrame());
        self::assertSame('', $client->readToEnd());
    }

    public function testACodeThatCannotBeSentIsAMistakeThatLosesNothing(): void
    {
        $this->gate();
        $client = WebsocketClient::open($this->port);

        self::assertStringContainsString('not with 403 and 2 bytes', $client->ask('mistake'));
        self::assertStringStartsWith('still here', $client->ask('still here'));
    }

    public function testTheCloseCallbackGetsCodeAndReasonAndTheFrameIsAnswered(): void
    {
        $server = $this->gate();
        $client = WebsocketClient::open($this->port)->sendFrame(WebsocketClient::CLOSE, pack('n', 3999) . 'enough');

        self::assertSame([WebsocketClient::CLOSE, pack('n', 3999)], $client->receiveFrame());
        self::assertSame('', $client->readToEnd());
        $server->waitForLog("/the client closes with 3999 and 'enough'/");

        WebsocketClient::open($this->port)->sendFrame(WebsocketClient::CLOSE, '')->readToEnd();
        $server->waitForLog("/the client closes with 1005 and ''/");
    }

    public function testOnlyListedOriginsReachTheScript(): void
    {
        $server = $this->gate('{"websocket":{"origins":["https://example.com","http://localhost:*"]}}');

        self::assertStringStartsWith('HTTP/1.1 403 ', $this->answer('/a', ['Origin: https://evil.example']));
        self::assertStringStartsWith('HTTP/1.1 403 ', $this->answer('/b'));
        $client = WebsocketClient::to($this->port);
        $client->requestHandshake('/c', ['Origin: http://localhost:5173']);
        self::assertStringStartsWith('HTTP/1.1 101 ', $client->readUntil("\r\n\r\n"));

        $server->waitForLog('#handshake /c#');
        self::assertSame(['refused' => 2], $this->counted($server));
        self::assertStringNotContainsString('handshake /a', $server->log());
        self::assertStringNotContainsString('handshake /b', $server->log());
    }

    public function testNullInTheListLetsClientsInThatSendNoOrigin(): void
    {
        $this->gate('{"websocket":{"origins":["https://example.com",null]}}');

        self::assertStringStartsWith('a from', WebsocketClient::open($this->port)->ask('a'));
    }

    /** @testWith ["", "HTTP/1.1 408 Request Timeout\r\n"]
     *            ["GET / HTTP/1.1\r\nHost: ", "HTTP/1.1 408 Request Timeout\r\n"]
     */
    public function testAHandshakeHasItsTime(string $beginning, string $answer): void
    {
        $server = $this->gate('{"websocket":{"handshake_timeout":0.2}}');
        $client = WebsocketClient::to($this->port);
        if ($beginning !== '') {
            $client->write($beginning);
        }

        self::assertStringStartsWith($answer, $client->readToEnd());
        $server->waitForLog('/closed$/m');
        self::assertSame(['closed_late' => 1], $this->counted($server));
    }

    public function testAFirstMessageHasItsTimeIfThatIsAskedFor(): void
    {
        $server = $this->gate('{"websocket":{"first_message_timeout":0.5}}');
        $talker = WebsocketClient::open($this->port);
        self::assertStringStartsWith('in time', $talker->ask('in time'));
        $silent = WebsocketClient::open($this->port)->sendFrame(WebsocketClient::PONG, 'no message');

        self::assertSame([WebsocketClient::CLOSE, pack('n', 1008)], $silent->receiveFrame());
        self::assertSame('', $silent->readToEnd());
        self::assertStringStartsWith('still here', $talker->ask('still here'));
        self::assertSame(['closed_late' => 1], $this->counted($server));
    }

    /** @dataProvider floods */
    public function testALimitThatIsOverrunEndsTheConnectionWithItsCode(string $limits, string $stream, int $code): void
    {
        $server = $this->gate("{\"limits\":$limits}");
        $client = WebsocketClient::open($this->port)->write($stream);
        do {
            [$opcode, $payload] = $client->receiveFrame();
        } while ($opcode === WebsocketClient::PONG);

        self::assertSame([WebsocketClient::CLOSE, pack('n', $code)], [$opcode, $payload]);
        self::assertSame('', $client->readToEnd());
        self::assertStringStartsWith('others', WebsocketClient::open($this->port)->ask('others'));
        self::assertSame(['closed_faulty' => 1], $this->counted($server));
    }

    /** @return iterable<string, array{string, string, int}> */
    public static function floods(): iterable
    {
        $frame = WebsocketClient::frame(...);
        yield 'frame size' => ['{"frame_size":100}', $frame(WebsocketClient::TEXT, str_repeat('x', 101)), 1009];
        yield 'fragments' => [
            '{"fragments":10}',
            $frame(WebsocketClient::TEXT, 'x', false) . str_repeat($frame(WebsocketClient::CONTINUATION, '', false), 10),
            1008,
        ];
        yield 'pings' => ['{"control_frames":10}', str_repeat($frame(WebsocketClient::PING, ''), 30), 1008];
        yield 'pongs' => ['{"control_frames":10}', str_repeat($frame(WebsocketClient::PONG, ''), 30), 1008];
    }
}
