<?php

declare(strict_types=1);

namespace Ouvrier\Tests\Protocol;

use Ouvrier\Tests\Harness\Client\FrameClient;
use Ouvrier\Tests\Harness\ServerTestCase;

final class FrameTest extends ServerTestCase
{
    private FrameClient $client;

    protected function setUp(): void
    {
        parent::setUp();
        $this->serve('protocols', ['SCHEME' => 'frame']);
        $this->client = FrameClient::to($this->port);
    }

    public function testAPackageIsLedByItsLength(): void
    {
        self::assertSame("7:a\nb\0c\xFFd", $this->client->send("a\nb\0c\xFFd")->receive());
    }

    public function testPackagesMayArriveTogetherOrInPieces(): void
    {
        $this->client->send('one')->send('two');
        self::assertSame('3:one', $this->client->receive());
        self::assertSame('3:two', $this->client->receive());

        foreach (str_split(pack('N', 9) . 'three') as $byte) {
            $this->client->write($byte);
        }
        self::assertSame('5:three', $this->client->receive());
    }

    public function testAnEmptyPackageIsAMessage(): void
    {
        self::assertSame('0:', $this->client->send('')->receive());
    }
}
