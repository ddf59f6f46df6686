<?php

declare(strict_types=1);

namespace Ouvrier\Tests\Examples;

use Ouvrier\Tests\Harness\Client\TextClient;
use Ouvrier\Tests\Harness\Client\WebsocketClient;
use Ouvrier\Tests\Harness\Port;
use Ouvrier\Tests\Harness\ServerTestCase;
use Ouvrier\Tests\Harness\Wait;

/**
 * examples/push/push.php as a daemon
 */
final class PushDaemonTest extends ServerTestCase
{
    protected function tearDown(): void
    {
        if (Port::isListening(1234)) {
            $this->example('push/push.php', ['stop'])->waitForExit();
        }
        parent::tearDown();
    }

    public function testStartAsADaemonPushAndStop(): void
    {
        self::assertSame(0, $this->example('push/push.php', ['start', '-d'])->waitForExit());
        Wait::until(static fn (): bool => Port::isListening(5678), 'the text port of the daemon');

        $client = WebsocketClient::open(1234)->send('uid1');
        $client->expectNothingPending();
        self::assertSame('ok', TextClient::to(5678)->ask('{"uid":"uid1"}'));
        self::assertSame('{"uid":"uid1"}', $client->receive());

        $stop = $this->example('push/push.php', ['stop']);
        self::assertSame(0, $stop->waitForExit());
        self::assertStringContainsString('stop success', $stop->output());
        self::assertFalse(Port::isListening(1234));
        self::assertFalse(Port::isListening(5678));
    }
}
