<?php

declare(strict_types=1);

namespace Ouvrier\Tests\Connection;

use Ouvrier\Tests\Harness\Client\TextClient;
use Ouvrier\Tests\Harness\ServerTestCase;
use Ouvrier\Tests\Harness\Wait;

final class CloseTest extends ServerTestCase
{
    protected function setUp(): void
    {
        parent::setUp();
        $this->serve('connection');
    }

    /** @dataProvider endings */
    public function testOnCloseFiresOnceHoweverTheConnectionEnds(string $command, string $received): void
    {
        $client = TextClient::to($this->port);
        $id = $client->ask('id');

        self::assertSame($received, $client->send($command)->readToEnd());
        $client->close();

        self::assertSame(["connect $id", "close $id CLOSED", 'send after close false'], $this->logOf($id));
    }

    /** @return iterable<string, array{string, string}> */
    public static function endings(): iterable
    {
        yield 'close' => ['close', ''];
        yield 'close with a reply' => ['close with reply', "bye\n"];
        yield 'close with a raw reply' => ['close with raw reply', 'bye'];
        yield 'close twice, then destroy' => ['close twice', "first\n"];
        yield 'destroy' => ['destroy', ''];
    }

    public function testOnCloseFiresWhenTheClientCloses(): void
    {
        $client = TextClient::to($this->port);
        $id = $client->ask('id');

        $client->close();

        self::assertContains("close $id CLOSED", $this->logOf($id));
    }

    public function testCloseFlushesALargeReplyFirst(): void
    {
        $client = TextClient::to($this->port)->send('close a large reply');

        self::assertSame(5_000_001, strlen($client->readToEnd()));
    }

    public function testMessagesAfterCloseAreNotDelivered(): void
    {
        $client = TextClient::to($this->port);
        $id = $client->ask('id');

        self::assertSame("bye\n", $client->write("close with reply\nid\nid\n")->readToEnd());
        self::assertContains("close $id CLOSED", $this->logOf($id));
    }

    public function testEndRepliesThenEndsTheStreamWhileTheClientMayStillWrite(): void
    {
        $client = TextClient::to($this->port);
        $id = $client->ask('id');

        self::assertSame("bye\n", $client->send('end')->readToEnd());
        $client->send('ignored');
        $client->close();

        self::assertSame(["connect $id", "close $id CLOSED", 'send after close false'], $this->logOf($id));
    }

    public function testNothingCanBeSentAfterEnd(): void
    {
        $client = TextClient::to($this->port);

        self::assertSame("bye\n", $client->send('send after end')->readToEnd());
        self::assertContains('send after end false', TextClient::to($this->port)->askJson('log'));
    }

    public function testConnectionsMayBeClosedWhileIteratingOverThem(): void
    {
        $clients = [];
        for ($i = 0; $i < 20; $i++) {
            $clients[] = $client = TextClient::to($this->port);
            $client->ask('id');
        }
        $kept = TextClient::to($this->port);

        self::assertSame(21, $kept->askJson('close the others'));

        foreach ($clients as $client) {
            self::assertContains($client->readToEnd(), ['', "bye\n"]);
        }
        self::assertSame([1, 1], $kept->askJson('count'));
    }

    /**
     * What the server noted about one connection, once it has noted its end.
     *
     * @return list<string>
     */
    private function logOf(string $id): array
    {
        $observer = TextClient::to($this->port);
        $ended = static fn (array $log): array => in_array("close $id CLOSED", $log, true) ? $log : [];
        $log = Wait::until(static fn (): array => $ended($observer->askJson('log')), "the end of connection $id");
        return array_values(array_filter(
            $log,
            static fn (string $line): bool => !preg_match('/^connect (\d+)$/', $line, $match) || $match[1] === $id,
        ));
    }
}
