<?php

declare(strict_types=1);

namespace Ouvrier\Tests\Process;

use Ouvrier\Tests\Harness\Client\TextClient;
use Ouvrier\Tests\Harness\ServerProcess;
use Ouvrier\Tests\Harness\ServerTestCase;

final class ConnectionsTest extends ServerTestCase
{
    private ServerProcess $server;

    private TextClient $client;

    protected function setUp(): void
    {
        parent::setUp();
        $this->server = $this->serve('status');
        $this->client = TextClient::to($this->port);
        $this->client->ask('hello');
    }

    public function testTheTableHasWorkermansColumns(): void
    {
        [$worker] = $this->server->waitForWorkers(1);

        $table = $this->server->command('connections')->output;

        self::assertMatchesRegularExpression('/^-+ WORKERMAN CONNECTION STATUS -+$/m', $table);
        self::assertMatchesRegularExpression(
            '/^PID      Worker          CID       Trans   Protocol        ipv4   ipv6   Recv-Q       Send-Q       Bytes-R'
                . '      Bytes-W       Status         Local Address          Foreign Address$/m',
            $table,
        );
        self::assertMatchesRegularExpression(
            "/^$worker +reporter +\\d+ +tcp +Text +1 +0 +0B +0B +6B +6B +ESTABLISHED +127\\.0\\.0\\.1:$this->port +"
                . preg_quote($this->client->localAddress(), '/') . '$/m',
            $table,
        );
    }

    public function testJsonTellsTheSame(): void
    {
        [$worker] = $this->server->waitForWorkers(1);
        $this->client->write('half a mess');
        TextClient::to($this->port)->ask('in the meantime');

        $list = $this->server->command('connections', '--json')->json();

        self::assertSame(['service', 'connections', 'unresponsive'], array_keys($list));
        $rows = array_column($list['connections'], null, 'remote');
        $row = $rows[$this->client->localAddress()];
        self::assertIsInt($row['id']);
        unset($row['id']);
        self::assertSame([
            'pid' => $worker,
            'worker' => 'reporter',
            'transport' => 'tcp',
            'protocol' => 'Text',
            'ip_version' => 4,
            'recv_queue' => 11,
            'send_queue' => 0,
            'bytes_read' => 17,
            'bytes_written' => 6,
            'status' => 'ESTABLISHED',
            'local' => "127.0.0.1:$this->port",
            'remote' => $this->client->localAddress(),
        ], $row);
    }

    public function testAClientThatDoesNotReadHasASendQueue(): void
    {
        $slow = TextClient::to($this->port)->send('overflow');
        $this->server->waitForLog('/second send: false/');

        $list = $this->server->command('connections', '--json')->json();

        $row = array_column($list['connections'], null, 'remote')[$slow->localAddress()];
        self::assertGreaterThan(0, $row['send_queue']);
        self::assertSame(48_000_001, $row['send_queue'] + $row['bytes_written']);
    }
}
