<?php

declare(strict_types=1);

namespace Ouvrier\Tests\Worker;

use Ouvrier\Tests\Harness\Client\TextClient;
use Ouvrier\Tests\Harness\Client\WebsocketClient;
use Ouvrier\Tests\Harness\ServerProcess;
use Ouvrier\Tests\Harness\ServerTestCase;
use Ouvrier\Tests\Harness\Wait;

final class LimitsTest extends ServerTestCase
{
    /** @return array<string, mixed> */
    private function report(ServerProcess $server): array
    {
        return json_decode($server->command('status', '--json')->output, true)['processes'][0];
    }

    /** @testWith ["connections"]
     *            ["connections_per_address"]
     */
    public function testThereIsRoomForSoManyConnections(string $limit): void
    {
        $server = $this->serve('gate', ['OPTIONS' => "{\"limits\":{\"$limit\":2}}"]);
        // Looking whether the port listens makes no connection.
        $first = WebsocketClient::open($this->port);
        $second = WebsocketClient::open($this->port);

        self::assertSame('', WebsocketClient::to($this->port)->readToEnd());
        self::assertSame(1, $this->report($server)['refused']);
        self::assertStringContainsString('clients refused: 1', $server->command('status')->output);
        self::assertStringStartsWith('a', $first->ask('a'));

        $second->close();
        $server->waitForLog('/closed$/m');
        self::assertStringStartsWith('b', WebsocketClient::open($this->port)->ask('b'));
    }

    public function testAWorkerThatRunsOutOfDescriptorsSaysSoOnceAnswersStatusAndGoesOnWhenThereAreSome(): void
    {
        $server = $this->serve('descriptors');
        $first = TextClient::to($this->port);
        $first->ask('limit');

        $clients = array_map(fn (): TextClient => TextClient::to($this->port)->send('hello'), range(1, 20));
        $last = array_pop($clients);
        $server->waitForLog('/cannot accept connections for now: Too many open files/');
        $before = (float) $first->ask('cpu');
        self::assertFalse($last->hasData(0.5));
        self::assertLessThan(0.1, (float) $first->ask('cpu') - $before);
        // Asked twice: the descriptor that the first answer took is kept for the next.
        self::assertSame([], $server->command('status', '--json')->json()['unresponsive']);
        self::assertSame([], $server->command('status', '--json')->json()['unresponsive']);

        array_walk($clients, static fn (TextClient $client) => $client->close());
        self::assertSame('hello', $last->receive());
        self::assertSame(1, substr_count($server->log(), 'cannot accept'));
    }

    /** A word of the client must not keep what waits for it for ever. */
    public function testWhoLeavesAndTakesNothingIsGivenUp(): void
    {
        $server = $this->serve('crowd', ['SIZE' => 100_000, 'RATE' => 1000, 'OPTIONS' => '{"limits":{"close_timeout":0.3}}']);
        $deaf = WebsocketClient::open($this->port);
        Wait::until(fn (): bool => $this->report($server)['send_queue_bytes'] > 0, 'the client to be behind');

        $deaf->sendFrame(WebsocketClient::CLOSE, pack('n', 1000));

        Wait::until(fn (): bool => $this->report($server)['connections'] === 0, 'the client to be given up');
        self::assertSame(0, $this->report($server)['send_queue_bytes']);
        self::assertSame(1, $this->report($server)['closed_slow']);
    }

    /** @return iterable<string, array{string}> */
    public static function policies(): iterable
    {
        yield 'drop' => ['"drop"'];
        yield 'close' => ['1013'];
    }

    /** @testWith [1008]
     *            [1013]
     */
    public function testAClientThatWasTooSlowLearnsSoWhenItReadsOn(int $code): void
    {
        $limit = 4 << 20;
        $server = $this->serve('crowd', [
            'SIZE' => 20_000,
            'RATE' => 1000,
            'OPTIONS' => "{\"limits\":{\"queued_bytes\":$limit,\"slow_consumer\":$code}}",
        ]);
        $client = WebsocketClient::open($this->port);
        Wait::until(fn (): bool => $this->report($server)['closed_slow'] === 1, 'the client to be parted from');
        do {
            [$opcode, $payload] = $client->receiveFrame();
        } while ($opcode === WebsocketClient::TEXT);

        self::assertSame([WebsocketClient::CLOSE, pack('n', $code)], [$opcode, $payload]);
        self::assertSame('', $client->readToEnd());
    }

    /** @dataProvider policies */
    public function testClientsThatNeverReadTakeNoMoreThanThereIs(string $policy): void
    {
        $ceiling = 4 << 20;
        $server = $this->serve('crowd', [
            'SIZE' => 20_000,
            'RATE' => 100,
            'OPTIONS' => "{\"limits\":{\"queued_bytes\":$ceiling,\"slow_consumer\":$policy}}",
        ]);
        $deaf = array_map(fn (): WebsocketClient => WebsocketClient::open($this->port), range(1, 20));
        $healthy = WebsocketClient::open($this->port);
        [$last] = explode(' ', $healthy->receive());

        for ($number = (int) $last + 1; $number < $last + 1000; $number++) {
            self::assertStringStartsWith("$number ", $healthy->receive());
            if ($number % 300 === 0) {
                self::assertLessThan($ceiling + (1 << 20), $this->report($server)['send_queue_bytes']);
            }
        }
        $report = $this->report($server);
        self::assertGreaterThan(0, $report['dropped']);
        if ($policy !== '"drop"') {
            Wait::until(fn (): bool => $this->report($server)['connections'] === 1, 'the deaf to be gone');
            self::assertSame(20, $this->report($server)['closed_slow']);
        } else {
            self::assertSame(21, $report['connections']);
        }
        self::assertCount(20, $deaf);
    }
}
