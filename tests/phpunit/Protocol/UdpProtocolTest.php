<?php

declare(strict_types=1);

namespace Ouvrier\Tests\Protocol;

use Ouvrier\Tests\Harness\Client\TextClient;
use Ouvrier\Tests\Harness\Client\UdpClient;
use Ouvrier\Tests\Harness\Port;
use Ouvrier\Tests\Harness\ServerProcess;
use Ouvrier\Tests\Harness\ServerTestCase;

/**
 * Protocol classes of the application over UDP.
 */
final class UdpProtocolTest extends ServerTestCase
{
    private int $control;

    public function testAClassCutsADatagramIntoPackages(): void
    {
        $this->serveProtocol('pairs');
        $client = UdpClient::to($this->port);

        $client->send("\x03one\x03bad\x03two\x0anot whole");

        self::assertSame("\x09heard one", $client->receive());
        self::assertSame("\x09heard two", $client->receive());
        self::assertSame("\x0bheard after", $client->ask("\x05after"));
    }

    public function testADatagramOfManySmallPackagesIsCutToItsEnd(): void
    {
        $this->serveProtocol('pairs');
        $client = UdpClient::to($this->port);

        $client->send(str_repeat("\x03bad", 12_000) . "\x04last");

        self::assertSame("\x0aheard last", $client->receive());
    }

    public function testAClassWithoutInputTakesDatagramsWhole(): void
    {
        $this->serveProtocol('whole');
        $client = UdpClient::to($this->port);

        $client->send('no json');

        self::assertSame(['heard' => [1, 2]], $client->askJson('[1,2]'));
    }

    public function testWhatAClassEncodesToNothingIsNotSent(): void
    {
        $server = $this->serveProtocol('pairs');
        $client = UdpClient::to($this->port);

        self::assertSame("\x0dheard nothing", $client->ask("\x07nothing"));
        $server->waitForLog('/ sent nothing: NULL$/m');
    }

    public function testAClientSpeaksIt(): void
    {
        $this->serveProtocol('pairs');

        self::assertSame('heard hello', TextClient::to($this->control)->ask('hello'));
    }

    private function serveProtocol(string $scheme): ServerProcess
    {
        $this->control = Port::free();
        $server = $this->launch(dirname(__DIR__) . '/fixtures/udp-protocols.php', ['start'], [
            'SCHEME' => $scheme, 'PORT' => $this->port, 'CONTROL' => $this->control,
        ]);
        $server->waitForUdpPort($this->port);
        $server->waitForPort($this->control);
        return $server;
    }
}
