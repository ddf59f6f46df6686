<?php

declare(strict_types=1);

namespace Ouvrier\Tests\Worker;

use Ouvrier\Tests\Harness\Client\TextClient;
use Ouvrier\Tests\Harness\ServerTestCase;

final class PropertiesTest extends ServerTestCase
{
    private TextClient $client;

    protected function setUp(): void
    {
        parent::setUp();
        $this->serve('properties')->waitForWorkers(2);
        $this->client = TextClient::to($this->port);
    }

    public function testTheWorkerProcessSeesWhatTheScriptHasSet(): void
    {
        self::assertSame([
            'name' => 'named',
            'count' => 2,
            'id' => true,
            'socketName' => "text://127.0.0.1:$this->port",
            'uidConnections' => ['none' => ['yet' => true, 'more' => 1]],
            'connections' => true,
            'workers' => true,
            'dynamic' => true,
            'status' => [2, true],
        ], $this->client->askJson('worker'));
    }

    public function testAConnectionKeepsDynamicProperties(): void
    {
        $this->client->ask('session');

        self::assertSame(
            ['connected' => true, 'messages' => ['session', 'session']],
            $this->client->askJson('session'),
        );
    }
}
