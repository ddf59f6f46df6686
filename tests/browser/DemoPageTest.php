<?php

declare(strict_types=1);

namespace Ouvrier\Tests\Browser;

use Ouvrier\Tests\Harness\Client\TextClient;
use Ouvrier\Tests\Harness\ServerProcess;
use Ouvrier\Tests\Harness\ServerTestCase;
use Ouvrier\Tests\Harness\Wait;

/**
 * The page of examples/push/demo.php in a real browser
 */
final class DemoPageTest extends ServerTestCase
{
    private ServerProcess $demo;

    private ?WebDriver $browser = null;

    protected function setUp(): void
    {
        parent::setUp();
        $this->demo = $this->demo();
        $this->browser = new WebDriver();
        $this->browser->open('http://127.0.0.1:8080');
        $this->browser->waitForText('#state', 'connected');
    }

    protected function tearDown(): void
    {
        $this->browser?->quit();
        parent::tearDown();
    }

    public function testAPushArrivesInThePage(): void
    {
        self::assertSame('None yet.', $this->browser->text('#empty'));

        $this->push('{"uid":"uid1","percent":"88%"}');

        $this->browser->waitForText('#messages', '{"uid":"uid1","percent":"88%"}');
        $this->browser->waitForText('#messages .progress b', '88%');
        self::assertSame('88%', $this->browser->execute(
            'return document.querySelector("#messages .progress i").style.width',
        ));
        self::assertSame('', $this->browser->text('#empty'));
    }

    public function testTheCommandThatThePageShowsPushesToIt(): void
    {
        $this->changeUid("o'brien \\ \"ü\"");
        $this->browser->waitForText('#state', 'connected');

        $command = $this->browser->text('#command');

        Wait::until(static fn (): bool => exec($command) === 'ok', 'the command to push');
        $this->browser->waitForText('#messages .progress b', '88%');
        self::assertStringContainsString('o\'brien', $this->browser->text('#messages'));
    }

    public function testThePageFollowsItsNewUid(): void
    {
        $this->changeUid('uid2');
        $this->browser->waitForText('#state', 'connected');

        $backEnd = TextClient::to(5678);
        Wait::until(static fn (): bool => $backEnd->ask('{"uid":"uid1"}') === 'fail', 'the old uid to be forgotten');
        $this->push('{"uid":"uid2"}');

        $this->browser->waitForText('#messages', '{"uid":"uid2"}');
        self::assertStringNotContainsString('uid1', $this->browser->text('#messages'));
    }

    public function testThePageReconnects(): void
    {
        $this->demo->interrupt();
        $this->demo->waitForExit();
        $this->browser->waitForText('#state', 'reconnecting');

        $this->demo();

        $this->browser->waitForText('#state', 'connected');
        $this->push('{"uid":"uid1","percent":"12%"}');

        $this->browser->waitForText('#messages', '12%');
        self::assertSame('connected', $this->browser->text('#state'));
    }

    private function demo(): ServerProcess
    {
        $demo = $this->example('push/demo.php');
        $demo->waitForPort(8080);
        $demo->waitForPort(5678);
        return $demo;
    }

    /** Pushes once the page's uid, which it sends as it connects, has arrived. */
    private function push(string $message): void
    {
        Wait::until(static fn (): bool => TextClient::to(5678)->ask($message) === 'ok', 'the uid to be known');
    }

    private function changeUid(string $uid): void
    {
        $this->browser->execute(
            'document.getElementById("uid").value = arguments[0];'
            . 'document.getElementById("identity").requestSubmit();',
            [$uid],
        );
    }
}
