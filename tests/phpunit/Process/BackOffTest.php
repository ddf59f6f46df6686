<?php

declare(strict_types=1);

namespace Ouvrier\Tests\Process;

use Ouvrier\Tests\Harness\Client\TextClient;
use Ouvrier\Tests\Harness\ServerTestCase;

/**
 * A worker that cannot start is tried again with pauses that grow.
 */
final class BackOffTest extends ServerTestCase
{
    private string $cured;

    protected function setUp(): void
    {
        parent::setUp();
        $this->cured = sys_get_temp_dir() . "/ouvrier-cured-$this->port";
    }

    protected function tearDown(): void
    {
        parent::tearDown();
        @unlink($this->cured);
    }

    public function testThePausesGrowAndTheOthersServeOn(): void
    {
        $server = $this->serve('crashing', ['CURED' => $this->cured]);
        $client = TextClient::to($this->port);
        $answer = $client->ask('hello');

        $server->waitForLog('/^.*worker\[crashing\] id 0 has failed 2 times in a row, next try in 1 s$/m');
        $server->waitForLog('/^.*worker\[crashing\] id 0 has failed 3 times in a row, next try in 2 s$/m');
        self::assertSame(3, preg_match_all('/worker\[crashing:\d+\] exit with status 256$/m', $server->log()));
        self::assertSame($answer, $client->ask('hello'));

        touch($this->cured);
        $server->waitForLog('/cured$/m');
        $server->waitForWorkers(2);
        $exits = $server->command('status', '--json')->json()['service']['workers'];
        self::assertSame([['status' => 256, 'count' => 3]], array_column($exits, 'exits', 'name')['crashing']);
    }

    public function testAReloadTriesAtOnce(): void
    {
        $server = $this->serve('crashing', ['CURED' => $this->cured]);
        $server->waitForLog('/has failed 4 times in a row, next try in 4 s$/m');

        touch($this->cured);
        $server->signal(SIGUSR1);

        $server->waitForLog('/reloading$[^$]+cured$/m');
        $server->waitForLog('/reloaded, processes replaced: 1$/m');
        self::assertStringNotContainsString('5 times in a row', $server->log());
    }

    public function testAStopDoesNotWaitForThePause(): void
    {
        $server = $this->serve('crashing', ['CURED' => $this->cured]);
        $server->waitForLog('/has failed 2 times in a row, next try in 1 s$/m');

        self::assertSame(0, $server->command('stop')->exitCode);
        self::assertSame(0, $server->waitForExit());
    }
}
