<?php

declare(strict_types=1);

namespace Ouvrier\Tests\Connection;

use Ouvrier\Tests\Harness\Client\TextClient;
use Ouvrier\Tests\Harness\ServerTestCase;
use Ouvrier\Tests\Harness\Wait;

final class AddressTest extends ServerTestCase
{
    public function testBothEndsAreKnown(): void
    {
        $this->serve('connection');
        $client = TextClient::to($this->port);
        $local = $client->localAddress();
        $localPort = (int) substr($local, strlen('127.0.0.1:'));

        self::assertSame([
            'getRemoteIp' => '127.0.0.1',
            'getRemotePort' => $localPort,
            'getRemoteAddress' => $local,
            'getLocalIp' => '127.0.0.1',
            'getLocalPort' => $this->port,
            'getLocalAddress' => "127.0.0.1:$this->port",
            'isIpV4' => true,
            'isIpV6' => false,
        ], $client->askJson('addresses'));
    }

    public function testAConnectionAsJsonTellsItsAddresses(): void
    {
        $this->serve('connection');
        $client = TextClient::to($this->port);

        $json = $client->askJson('json');

        self::assertSame([
            'id', 'status', 'transport', 'getRemoteIp', 'remotePort', 'getRemoteAddress', 'getLocalIp', 'getLocalPort',
            'getLocalAddress', 'isIpV4', 'isIpV6',
        ], array_keys($json));
        self::assertSame($client->localAddress(), $json['getRemoteAddress']);
        self::assertSame(2, $json['status']);
    }

    public function testAnIpV6AddressKeepsItsBrackets(): void
    {
        $this->serve('dual-stack');
        $six = new TextClient("tcp://[::1]:$this->port");
        $four = TextClient::to($this->port);

        self::assertSame(['[::1]', false, true], $six->askJson('who am I'));
        self::assertSame(['[::ffff:127.0.0.1]', false, true], $four->askJson('who am I'));
    }

    /** @return iterable<array{string}> */
    public static function looks(): iterable
    {
        foreach (['cast', 'clone', 'dump', 'reflection'] as $look) {
            yield $look => [$look];
        }
    }

    /** @dataProvider looks */
    public function testTheAddressIsThereHoweverItIsLookedAt(string $look): void
    {
        $this->serve('who-was-it');
        $client = TextClient::to($this->port);

        self::assertSame($client->localAddress(), $client->askJson($look));
    }

    public function testWhoeverKeepsAConnectionKnowsWhoseItWas(): void
    {
        $this->serve('who-was-it');
        $client = TextClient::to($this->port);
        $address = $client->localAddress();
        $client->ask('keep');
        $client->close();
        $other = TextClient::to($this->port);

        Wait::until(static fn (): bool => $other->askJson('kept')[0][0] === 'CLOSED', 'the connection is closed');
        self::assertSame([['CLOSED', $address]], $other->askJson('kept'));
    }

    public function testOnCloseKnowsWhoHasGone(): void
    {
        $this->serve('who-was-it');
        $client = TextClient::to($this->port);
        $address = $client->localAddress();
        $client->ask('tell');
        $client->close();
        $other = TextClient::to($this->port);

        Wait::until(static fn (): bool => $other->askJson('told') !== [], 'onClose has run');
        self::assertSame([$address], $other->askJson('told'));
    }
}
