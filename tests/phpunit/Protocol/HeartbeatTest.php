<?php

declare(strict_types=1);

namespace Ouvrier\Tests\Protocol;

use Ouvrier\Tests\Harness\Client\WebsocketClient;
use Ouvrier\Tests\Harness\ServerTestCase;

final class HeartbeatTest extends ServerTestCase
{
    /** Answers pings until so many have come. */
    private function answerPings(WebsocketClient $client, int $count): void
    {
        for ($pings = 0; $pings < $count; $pings++) {
            self::assertSame([WebsocketClient::PING, ''], $client->receiveFrame());
            $client->sendFrame(WebsocketClient::PONG, '');
        }
    }

    public function testAClientThatStopsAnsweringIsGivenUpAndOthersStay(): void
    {
        $server = $this->serve('gate', ['OPTIONS' => '{"websocket":{"ping_interval":0.2,"pong_timeout":2}}']);
        $alive = WebsocketClient::open($this->port);
        $halfOpen = WebsocketClient::open($this->port);

        // Until the time of the other is up, with some to spare: who answers must not be late where the machine is busy.
        $this->answerPings($alive, 16);

        $server->waitForLog('/closed$/m');
        self::assertSame([WebsocketClient::PING, ''], $halfOpen->receiveFrame());
        self::assertSame('', $halfOpen->readToEnd());
        $this->answerPings($alive, 1);
        $report = json_decode($server->command('status', '--json')->output, true);
        self::assertSame(1, $report['processes'][0]['closed_silent']);
        self::assertSame(1, substr_count($server->log(), 'closed'));
    }

    public function testPingsGoOutWhileACallbackBlocks(): void
    {
        $this->serve('gate', ['OPTIONS' => '{"websocket":{"ping_interval":0.2,"pong_timeout":5}}']);
        $client = WebsocketClient::open($this->port)->send('sleep');

        $this->answerPings($client, 3);
        while (([$opcode, $payload] = $client->receiveFrame())[0] === WebsocketClient::PING) {
            $client->sendFrame(WebsocketClient::PONG, '');
        }
        self::assertSame('awake', $payload);
    }

    public function testAnIdleClientIsClosedHoweverFaithfullyItAnswersPings(): void
    {
        $server = $this->serve('gate', [
            'OPTIONS' => '{"websocket":{"ping_interval":0.1,"pong_timeout":5,"idle_timeout":0.8}}',
        ]);
        $client = WebsocketClient::open($this->port);
        $pings = 0;
        while (([$opcode, $payload] = $client->receiveFrame())[0] === WebsocketClient::PING && ++$pings < 100) {
            $client->sendFrame(WebsocketClient::PONG, '');
        }

        self::assertSame([WebsocketClient::CLOSE, pack('n', 1001)], [$opcode, $payload]);
        $server->waitForLog('/closed$/m');
    }

    public function testAPeerThatTakesNothingOfWhatWaitsForItIsGivenUp(): void
    {
        $server = $this->serve('crowd', [
            'SIZE' => 20_000,
            'RATE' => 100,
            'OPTIONS' => '{"websocket":{"ping_interval":0.5,"pong_timeout":3}}',
        ]);
        $deaf = WebsocketClient::open($this->port);
        $reader = WebsocketClient::open($this->port);
        $process = static fn (): array => $server->command('status', '--json')->json()['processes'][0];
        $rounds = 0;
        do {
            for ($frames = 0; $frames < 200; $frames++) {
                if ($reader->receiveFrame()[0] === WebsocketClient::PING) {
                    $reader->sendFrame(WebsocketClient::PONG, '');
                }
            }
        } while ($process()['closed_silent'] === 0 && ++$rounds < 20);

        self::assertSame(1, $process()['closed_silent']);
        self::assertSame(1, $process()['connections']);
        $deaf->close();
    }

    public function testWithoutOptionsNobodyIsPinged(): void
    {
        $this->serve('gate');
        $client = WebsocketClient::open($this->port);

        self::assertFalse($client->hasData(1.0));
    }
}
