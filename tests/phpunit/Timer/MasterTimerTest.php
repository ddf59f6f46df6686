<?php

declare(strict_types=1);

namespace Ouvrier\Tests\Timer;

use Ouvrier\Tests\Harness\Client\TextClient;
use Ouvrier\Tests\Harness\ServerTestCase;

final class MasterTimerTest extends ServerTestCase
{
    public function testTimersOfTheMasterRunInTheMasterUntilTheyAreDeleted(): void
    {
        $server = $this->serve('master-timer');

        $server->waitForOutput('the end');
        self::assertSame(2, substr_count($server->output(), "tick in the master\n"));
        self::assertStringNotContainsString('never', $server->output());
        self::assertStringContainsString('RuntimeException: thrown by a timer', $server->output());
    }

    public function testProcessesHaveNoneOfThem(): void
    {
        $this->serve('master-timer');

        self::assertSame('[]', TextClient::to($this->port)->ask('tasks'));
    }
}
