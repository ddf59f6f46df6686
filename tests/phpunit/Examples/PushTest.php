<?php

declare(strict_types=1);

namespace Ouvrier\Tests\Examples;

use Ouvrier\Tests\Harness\Client\TextClient;
use Ouvrier\Tests\Harness\Client\WebsocketClient;
use Ouvrier\Tests\Harness\Port;
use Ouvrier\Tests\Harness\ServerProcess;
use Ouvrier\Tests\Harness\ServerTestCase;
use Ouvrier\Tests\Harness\Wait;

/**
 * examples/push/push.php and its back-end script
 */
final class PushTest extends ServerTestCase
{
    private const MESSAGE = '{"uid":"uid1","percent":"88%"}';

    private ServerProcess $server;

    protected function setUp(): void
    {
        parent::setUp();
        $this->server = $this->example('push/push.php');
        $this->server->waitForPort(5678);
    }

    public function testABackEndPushesToTheClientOfAUid(): void
    {
        $client = $this->subscribe('uid1');
        $other = $this->subscribe('uid2');

        self::assertSame('ok', TextClient::to(5678)->ask(self::MESSAGE));

        self::assertSame(self::MESSAGE, $client->receive());
        $client->expectNothingPending();
        $other->expectNothingPending();
    }

    public function testTheBackEndScriptOfTheExample(): void
    {
        $client = $this->subscribe('uid1');

        $backEnd = $this->example('push/push-message.php', []);

        self::assertSame(0, $backEnd->waitForExit());
        self::assertSame("ok\n", $backEnd->output());
        self::assertSame(self::MESSAGE, $client->receive());
    }

    public function testAPushToAnUnknownUidFails(): void
    {
        $this->subscribe('uid2');

        self::assertSame('fail', TextClient::to(5678)->ask(self::MESSAGE));
    }

    public function testOneBackEndConnectionServesManyPushes(): void
    {
        $client = $this->subscribe('uid1');
        $backEnd = TextClient::to(5678);

        for ($percent = 0; $percent <= 100; $percent += 10) {
            $message = json_encode(['uid' => 'uid1', 'percent' => "$percent%"]);
            self::assertSame('ok', $backEnd->ask($message));
            self::assertSame($message, $client->receive());
        }
    }

    public function testOnlyTheFirstMessageOfAClientIsItsUid(): void
    {
        $client = $this->subscribe('uid1');
        $client->send('uid2')->expectNothingPending();

        self::assertSame('fail', TextClient::to(5678)->ask('{"uid":"uid2"}'));
        self::assertSame('ok', TextClient::to(5678)->ask('{"uid":"uid1"}'));
    }

    public function testAUidIsForgottenWhenItsClientCloses(): void
    {
        $client = $this->subscribe('uid1');
        $client->sendFrame(WebsocketClient::CLOSE, pack('n', 1000));
        $client->readToEnd();

        $backEnd = TextClient::to(5678);
        Wait::until(static fn (): bool => $backEnd->ask(self::MESSAGE) === 'fail', 'the uid to be forgotten');
        self::assertCount(1, $this->server->waitForWorkers(1));
    }

    public function testANewClientTakesOverAUid(): void
    {
        $old = $this->subscribe('uid1');
        $new = $this->subscribe('uid1');

        TextClient::to(5678)->ask(self::MESSAGE);

        self::assertSame(self::MESSAGE, $new->receive());
        $old->expectNothingPending();
    }

    public function testCtrlCEndsIt(): void
    {
        $this->subscribe('uid1');

        $this->server->interrupt();

        self::assertSame(0, $this->server->waitForExit());
        self::assertFalse(Port::isListening(1234));
        self::assertFalse(Port::isListening(5678));
    }

    private function subscribe(string $uid): WebsocketClient
    {
        $client = WebsocketClient::open(1234)->send($uid);
        // The pong shows that the frame before it has been read, the next push that it has been handled.
        $client->expectNothingPending();
        return $client;
    }
}
