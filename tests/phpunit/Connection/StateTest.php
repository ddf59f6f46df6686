<?php

declare(strict_types=1);

namespace Ouvrier\Tests\Connection;

use Ouvrier\Tests\Harness\Client\TextClient;
use Ouvrier\Tests\Harness\ServerTestCase;
use Ouvrier\Tests\Harness\Wait;

final class StateTest extends ServerTestCase
{
    private TextClient $client;

    protected function setUp(): void
    {
        parent::setUp();
        $this->serve('connection');
        $this->client = TextClient::to($this->port);
    }

    public function testAConnectionBelongsToItsWorker(): void
    {
        self::assertSame(
            [true, true, true, 'Workerman\Protocols\Text', 'tcp'],
            $this->client->askJson('belongs'),
        );
    }

    public function testIdsCountUpAndAreNotReused(): void
    {
        $first = (int) $this->client->ask('id');
        $other = TextClient::to($this->port);
        self::assertSame($first + 1, (int) $other->ask('id'));
        $other->close();

        self::assertSame($first + 2, (int) TextClient::to($this->port)->ask('id'));
    }

    public function testAnOpenConnectionIsEstablished(): void
    {
        self::assertSame([2, 'ESTABLISHED'], $this->client->askJson('status'));
    }

    public function testLimitsComeFromTheDefaults(): void
    {
        self::assertEquals([1048576, 10485760, 1.0], $this->client->askJson('limits'));
    }

    public function testACallbackReplacedOnTheWorkerIsForLaterConnections(): void
    {
        self::assertSame('replaced', $this->client->askJson('replace onMessage'));

        self::assertSame([2, 'ESTABLISHED'], $this->client->askJson('status'));
        self::assertSame('later status', TextClient::to($this->port)->askJson('status'));
    }

    public function testBytesAreCounted(): void
    {
        self::assertSame([6, 0], $this->client->askJson('bytes'));
        self::assertSame([12, 6], $this->client->askJson('bytes'));
    }

    public function testTheQueuesOfAnIdleConnectionAreEmpty(): void
    {
        self::assertSame([0, 0, true], $this->client->askJson('queues'));
    }

    public function testStatisticsCountConnectionsAndMessages(): void
    {
        self::assertSame(
            ['connection_count' => 1, 'total_request' => 1, 'throw_exception' => 0, 'send_fail' => 0],
            $this->client->askJson('statistics'),
        );

        $other = TextClient::to($this->port);
        self::assertSame(2, $other->askJson('statistics')['connection_count']);
        self::assertSame(3, $this->client->askJson('statistics')['total_request']);
        $other->close();

        Wait::until(
            fn (): bool => $this->client->askJson('statistics')['connection_count'] === 1,
            'the closed connection to be uncounted',
        );
    }
}
