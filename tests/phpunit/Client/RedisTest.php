<?php

declare(strict_types=1);

namespace Ouvrier\Tests\Client;

use Ouvrier\Tests\Harness\Client\TextClient;
use Ouvrier\Tests\Harness\Port;
use Ouvrier\Tests\Harness\ServerTestCase;
use Ouvrier\Tests\Harness\Wait;

/**
 * A client whose protocol is a class in PHP, and a real Redis.
 */
final class RedisTest extends ServerTestCase
{
    /** @var ?resource */
    private $redis = null;

    private TextClient $client;

    protected function setUp(): void
    {
        parent::setUp();
        if ((string) shell_exec('command -v redis-server') === '') {
            self::markTestSkipped('redis-server is not installed.');
        }
        $port = Port::free();
        $this->redis = proc_open(
            ['redis-server', '--port', "$port", '--bind', '127.0.0.1', '--save', '', '--daemonize', 'no'],
            [1 => ['file', '/dev/null', 'w'], 2 => ['file', '/dev/null', 'w']],
            $pipes,
        );
        Wait::until(static fn() => @fsockopen('127.0.0.1', $port) !== false, 'Redis listens');
        $this->serve('redis', ['PORT_REDIS' => $port]);
        $this->client = TextClient::to($this->port);
    }

    protected function tearDown(): void
    {
        parent::tearDown();
        if ($this->redis !== null) {
            proc_terminate($this->redis);
            proc_close($this->redis);
        }
    }

    public function testEveryKindOfReply(): void
    {
        self::assertSame(['PONG', true], $this->client->askJson('PING'));
        self::assertSame(['OK', true], $this->client->askJson('SET key value'));
        self::assertSame(['value', true], $this->client->askJson('GET key'));
        self::assertSame([null, true], $this->client->askJson('GET nothing'));
        self::assertSame([3, true], $this->client->askJson('RPUSH list one two three'));
        self::assertSame([['one', 'two', 'three'], true], $this->client->askJson('LRANGE list 0 -1'));
        self::assertStringStartsWith('ERR', $this->client->askJson('NONSENSE')[0]);
    }

    public function testALargeReplyOfManyReads(): void
    {
        $value = bin2hex(random_bytes(400_000));

        self::assertSame('OK', $this->client->askJson("SET large $value")[0]);
        self::assertTrue($value === $this->client->askJson('GET large')[0]);
    }

    public function testTenThousandCommandsInOnePipeline(): void
    {
        $this->client->write(str_repeat("INCR n\n", 10_000));

        $answers = $this->client->readUntil('[10000,true]');
        self::assertSame(9_999, substr_count($answers, "\n"));
    }
}
