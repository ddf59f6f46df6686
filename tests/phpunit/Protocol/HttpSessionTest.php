<?php

declare(strict_types=1);

namespace Ouvrier\Tests\Protocol;

use Ouvrier\Tests\Harness\Client\HttpClient;
use Ouvrier\Tests\Harness\Port;
use Ouvrier\Tests\Harness\RedisServer;
use Ouvrier\Tests\Harness\ServerTestCase;
use Ouvrier\Tests\Harness\Wait;
use Workerman\Protocols\Http\Session\FileSessionHandler;
use Workerman\Protocols\Http\Session\RedisClusterSessionHandler;
use Workerman\Protocols\Http\Session\RedisSessionHandler;

final class HttpSessionTest extends ServerTestCase
{
    private string $folder;

    private ?RedisServer $redis = null;

    protected function setUp(): void
    {
        parent::setUp();
        $this->folder = sys_get_temp_dir() . '/ouvrier-sessions-' . bin2hex(random_bytes(8));
    }

    protected function tearDown(): void
    {
        parent::tearDown();
        array_map(unlink(...), glob("$this->folder/*") ?: []);
        @rmdir($this->folder);
        $this->redis?->stop();
    }

    public function testVisitsAreCountedFromOneRequestToTheNext(): void
    {
        $this->serveFiles();

        [$id, $visits] = $this->visit('/');
        self::assertMatchesRegularExpression('/^[0-9a-f]{32}$/', $id);
        self::assertSame(['visits' => 1], $visits);
        for ($i = 2; $i < 20; $i++) {
            self::assertSame([null, ['visits' => $i]], $this->visit('/', $id));
        }
        self::assertSame(["$this->folder/session_$id"], glob("$this->folder/*"));
        self::assertSame(['visits' => 1], $this->visit('/')[1]);
    }

    public function testALoginGetsANewIdAndTheOldOneIsForgotten(): void
    {
        $this->serveFiles();
        [$old] = $this->visit('/');

        [$new, $data] = $this->visit('/login', $old);

        self::assertNotSame($old, $new);
        self::assertSame(['visits' => 1], $data);
        self::assertSame(['visits' => 2], $this->visit('/', $new)[1]);
        self::assertSame(['visits' => 1], $this->visit('/', $old)[1]);
    }

    public function testALogoutForgetsEverything(): void
    {
        $this->serveFiles();
        [$id] = $this->visit('/');

        self::assertSame([null, []], $this->visit('/logout', $id));
        self::assertSame([], glob("$this->folder/*"));
    }

    /** @dataProvider foreignIds */
    public function testAnIdThatIsNoneLeadsNowhere(string $id): void
    {
        $this->serveFiles();

        [$new, $data] = $this->visit('/', $id);

        self::assertMatchesRegularExpression('/^[0-9a-f]{32}$/', (string) $new);
        self::assertSame(['visits' => 1], $data);
        self::assertSame(["$this->folder/session_$new"], glob("$this->folder/*"));
    }

    /** @return iterable<string, array{string}> */
    public static function foreignIds(): iterable
    {
        yield 'a path' => ['../../../../../../../../tmp/somewhere'];
        yield 'a short one' => ['0123456789abcde'];
        yield 'a long one' => [str_repeat('a', 257)];
        yield 'nothing' => [''];
    }

    public function testSessionsAreKeptInRedis(): void
    {
        $this->redis = RedisServer::start();
        $port = $this->redis->port;
        $this->serve('sessions', [
            'HANDLER' => RedisSessionHandler::class,
            'CONFIG' => json_encode(['host' => '127.0.0.1', 'port' => $port, 'prefix' => 'test_']),
        ]);

        [$id] = $this->visit('/');
        for ($i = 2; $i < 10; $i++) {
            self::assertSame([null, ['visits' => $i]], $this->visit('/', $id));
        }

        $redis = new \Redis();
        $redis->connect('127.0.0.1', $port);
        self::assertSame(["test_$id"], $redis->keys('*'));
        $seconds = $redis->ttl("test_$id");
        self::assertTrue($seconds > 0 && $seconds <= 1440, "$seconds");

        // An idle connection that the server has closed is made anew.
        $redis->rawCommand('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
        for ($i = 10; $i < 16; $i++) {
            self::assertSame([null, ['visits' => $i]], $this->visit('/', $id));
        }
        $this->visit('/logout', $id);
        self::assertSame([], $redis->keys('*'));
    }

    public function testSessionsAreKeptInARedisCluster(): void
    {
        mkdir($this->folder);
        $this->redis = RedisServer::start(['--cluster-enabled', 'yes', '--cluster-announce-ip', '127.0.0.1', '--cluster-port', (string) Port::free(), '--dir', $this->folder]);
        $port = $this->redis->port;
        $redis = new \Redis();
        $redis->connect('127.0.0.1', $port);
        $redis->rawCommand('CLUSTER', 'ADDSLOTSRANGE', '0', '16383');
        Wait::until(static fn (): bool => str_contains($redis->rawCommand('CLUSTER', 'INFO'), 'cluster_state:ok'), 'a cluster');
        $this->serve('sessions', [
            'HANDLER' => RedisClusterSessionHandler::class,
            'CONFIG' => json_encode(['host' => ["127.0.0.1:$port"]]),
        ]);

        [$id] = $this->visit('/');
        for ($i = 2; $i < 10; $i++) {
            self::assertSame([null, ['visits' => $i]], $this->visit('/', $id));
        }
        self::assertSame(["redis_session_$id"], $redis->keys('*'));
    }

    private function serveFiles(): void
    {
        $this->serve('sessions', [
            'HANDLER' => FileSessionHandler::class,
            'CONFIG' => json_encode(['save_path' => $this->folder]),
        ]);
    }

    /**
     * Asks over a connection of its own.
     *
     * @return array{?string, array<string, mixed>} the id that the client got, and what its session holds
     */
    private function visit(string $path, ?string $id = null): array
    {
        $client = HttpClient::to($this->port);
        $response = $client->request('GET', $path, $id === null ? [] : ["Cookie: other=1; PHPSID=$id"])->receive();
        $client->close();
        preg_match('/^PHPSID=([^;]*); Path=\/$/', $response['headers']['set-cookie'] ?? '', $match);
        return [$match[1] ?? null, json_decode($response['body'], true)];
    }
}
