<?php

declare(strict_types=1);

namespace Ouvrier\Tests\Connection;

use Ouvrier\Tests\Harness\Client\TextClient;
use Ouvrier\Tests\Harness\ServerTestCase;
use Ouvrier\Tests\Harness\Wait;

final class SendTest extends ServerTestCase
{
    public function testSendReturnsTrueAndRawSkipsTheProtocol(): void
    {
        $this->serve('connection');
        $client = TextClient::to($this->port)->send('send');

        self::assertSame("one\ntwo\n[true,true]\n", $client->read(20));
    }

    public function testAClientThatDoesNotReadFillsTheBufferThenLosesPackagesThenDrains(): void
    {
        $this->serve('backpressure');
        $control = TextClient::to($this->port);
        $slow = TextClient::to($this->port)->send('fill me');

        $report = static fn (string $key): ?array => ($report = $control->askJson('report'))[$key] ? $report : null;
        $filled = Wait::until(static fn (): ?array => $report('results'), 'the buffer to be filled');
        self::assertSame([null, false], array_slice($filled['results'], -2), 'buffered, then refused');
        self::assertTrue($filled['full'] >= 1);
        self::assertSame([[2, 'send buffer full and drop package']], $filled['errors']);
        self::assertSame(1, $filled['send_fail']);
        self::assertSame(0, $filled['drained']);
        self::assertGreaterThanOrEqual($filled['limit'], $filled['queue']);

        self::assertSame($filled['accepted'], strlen($slow->read($filled['accepted'])));
        $drained = Wait::until(static fn (): ?array => $report('drained'), 'the buffer to drain');
        self::assertSame(0, $drained['queue']);
        self::assertSame('alive', $slow->ask('alive'), 'a full buffer does not close the connection');
    }

    public function testOnePackageLargerThanTheBufferIsAccepted(): void
    {
        $this->serve('backpressure');

        $client = TextClient::to($this->port)->send('oversize');

        self::assertSame(3_000_001, strlen($client->readUntil("\n")));
    }
}
