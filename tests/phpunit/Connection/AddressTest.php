<?php

declare(strict_types=1);

namespace Ouvrier\Tests\Connection;

use Ouvrier\Tests\Harness\Client\TextClient;
use Ouvrier\Tests\Harness\ServerTestCase;

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
}
