<?php

declare(strict_types=1);

namespace Ouvrier\Tests\Protocol;

use Ouvrier\Tests\Harness\Client\TextClient;
use Ouvrier\Tests\Harness\ServerTestCase;

final class TextTest extends ServerTestCase
{
    private TextClient $client;

    protected function setUp(): void
    {
        parent::setUp();
        $this->serve('protocols', ['SCHEME' => 'text']);
        $this->client = TextClient::to($this->port);
    }

    public function testAMessageEndsWithALineFeed(): void
    {
        self::assertSame('5:hello', $this->client->ask('hello'));
    }

    public function testSeveralMessagesInOnePieceAreAnsweredInOrder(): void
    {
        $this->client->write("one\ntwo\nthree\n");

        self::assertSame("3:one\n3:two\n5:three\n", $this->client->read(20));
    }

    public function testAMessageMayArriveInPieces(): void
    {
        foreach (str_split("piece by piece\n") as $byte) {
            $this->client->write($byte);
        }

        self::assertSame('14:piece by piece', $this->client->receive());
    }

    public function testCarriageReturnsAtTheEndAreNotPartOfTheMessage(): void
    {
        self::assertSame('5:hello', $this->client->ask("hello\r"));
    }

    public function testAnEmptyLineIsAMessageAndBytesAreKept(): void
    {
        self::assertSame('0:', $this->client->ask(''));
        self::assertSame("4:\0\xFF\x80 ", $this->client->ask("\0\xFF\x80 "));
    }

    public function testAOneMegabyteLineArrivesWhole(): void
    {
        $line = bin2hex(random_bytes(500_000));

        self::assertSame("1000000:$line", $this->client->ask($line));
    }
}
