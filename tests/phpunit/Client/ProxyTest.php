<?php

declare(strict_types=1);

namespace Ouvrier\Tests\Client;

use Closure;
use Ouvrier\Tests\Harness\Certificate;
use Ouvrier\Tests\Harness\Client\Acceptor;
use Ouvrier\Tests\Harness\Client\Puppet;
use Ouvrier\Tests\Harness\Port;
use Ouvrier\Tests\Harness\ServerTestCase;
use Ouvrier\Tests\Harness\Wait;

/**
 * Proxies as Debian has them: microsocks and tinyproxy.
 */
final class ProxyTest extends ServerTestCase
{
    private Puppet $puppet;

    private Acceptor $target;

    private int $proxy;

    /** @var ?resource */
    private $process = null;

    protected function setUp(): void
    {
        parent::setUp();
        $this->serve('client');
        $this->puppet = new Puppet($this->port);
        $this->target = new Acceptor();
        $this->proxy = Port::free();
    }

    protected function tearDown(): void
    {
        if ($this->process !== null) {
            proc_terminate($this->process);
            proc_close($this->process);
        }
        parent::tearDown();
    }

    public function testSocks5(): void
    {
        $this->runProxy('microsocks', '-i', '127.0.0.1', '-p', "$this->proxy");
        $this->expectAConversation(['proxySocks5' => "127.0.0.1:$this->proxy"]);
    }

    public function testSocks5WithUserAndPassword(): void
    {
        $this->runProxy('microsocks', '-i', '127.0.0.1', '-p', "$this->proxy", '-u', 'me', '-P', 'secret');
        $proxy = ['proxySocks5' => "127.0.0.1:$this->proxy", 'proxySocks5Username' => 'me'];
        $this->expectAConversation($proxy + ['proxySocks5Password' => 'secret']);
        $this->expectFailure($proxy + ['proxySocks5Password' => 'wrong'], 'SOCKS5 authentication failed');
        unset($proxy['proxySocks5Username']);
        $this->expectFailure($proxy, 'SOCKS5 authentication method negotiation failed');
    }

    public function testSocks5ProxyThatDoesNotReachTheTarget(): void
    {
        // A proxy that is started before would inherit the socket, and keep it open.
        $this->target->close();
        $this->runProxy('microsocks', '-i', '127.0.0.1', '-p', "$this->proxy");
        $this->expectFailure(['proxySocks5' => "127.0.0.1:$this->proxy"], 'SOCKS5 connect failed: connection refused');
    }

    public function testHttpProxyWithAuthorization(): void
    {
        $this->tinyproxy("BasicAuth me secret\n");
        $proxy = ['proxyHttp' => "127.0.0.1:$this->proxy"];
        $this->expectAConversation($proxy + ['proxyAuthorization' => 'Basic ' . base64_encode('me:secret')]);
        $this->expectFailure($proxy, 'Proxy CONNECT failed: 407 Proxy Authentication Required');
    }

    /** @dataProvider proxies */
    public function testTlsIsSpokenWithTheTargetAndNotWithTheProxy(Closure $start): void
    {
        $certificate = new Certificate();
        $this->target = new Acceptor('ssl://127.0.0.1:0', ['ssl' => ['local_cert' => $certificate->file]]);
        $proxy = $start($this);
        $this->expectAConversation(['transport' => 'ssl'] + $proxy, ['ssl' => ['cafile' => $certificate->file]]);

        $this->puppet->make('c', 'ssl://' . $this->target->address(), $proxy);
        $this->puppet->call('c', 'connect');
        $this->target->refuse();
        self::assertStringEndsWith(': TLS: the certificate is refused: it has signed itself', $this->puppet->next('c')[2]);
    }

    /** @dataProvider proxies */
    public function testWssThroughAProxy(Closure $start): void
    {
        $certificate = new Certificate();
        $server = $this->launch(dirname(__DIR__) . '/fixtures/tls.php', ['start'], [
            'PORT' => $port = Port::free(), 'SCHEME' => 'websocket', 'SSL' => json_encode(['local_cert' => $certificate->file]),
        ]);
        $server->waitForPort($port);
        $this->puppet->make('c', "wss://localhost:$port/", $start($this), ['context' => ['ssl' => ['cafile' => $certificate->file]]]);
        $this->puppet->call('c', 'send', 'hello');
        $this->puppet->call('c', 'connect');

        self::assertSame(['connect', 'ESTABLISHED', "127.0.0.1:$this->proxy"], $this->puppet->next('c'));
        self::assertSame(['websocket', 101, null], $this->puppet->next('c'));
        self::assertSame(['message', '5:hello'], $this->puppet->next('c'));
    }

    /** @return iterable<string, array{Closure(self): array<string, string>}> */
    public static function proxies(): iterable
    {
        yield 'SOCKS5' => [static function (self $test): array {
            $test->runProxy('microsocks', '-i', '127.0.0.1', '-p', "$test->proxy", '-u', 'me', '-P', 'secret');
            return ['proxySocks5' => "127.0.0.1:$test->proxy", 'proxySocks5Username' => 'me', 'proxySocks5Password' => 'secret'];
        }];
        yield 'HTTP' => [static function (self $test): array {
            $test->tinyproxy("BasicAuth me secret\n");
            return ['proxyHttp' => "127.0.0.1:$test->proxy", 'proxyAuthorization' => 'Basic ' . base64_encode('me:secret')];
        }];
    }

    public function testAProxyThatIsNotThere(): void
    {
        [$host, $port] = explode(':', $this->target->address());
        $this->puppet->make('c', "tcp://$host:$port", ['proxyHttp' => "127.0.0.1:$this->proxy"]);
        $this->puppet->call('c', 'connect');
        self::assertStringEndsWith(': proxy: Connection refused', $this->puppet->next('c')[2]);
    }

    /**
     * @param array<string, string> $proxy
     * @param array<string, mixed> $context
     */
    private function expectAConversation(array $proxy, array $context = []): void
    {
        $this->puppet->make('c', 'text://localhost:' . explode(':', $this->target->address())[1], $proxy, ['context' => $context]);
        $this->puppet->call('c', 'send', 'early');
        $this->puppet->call('c', 'connect');
        $target = $this->target->accept();
        self::assertSame("early\n", $target->read(6));
        self::assertSame(['connect', 'ESTABLISHED', "127.0.0.1:$this->proxy"], $this->puppet->next('c'));
        self::assertSame(['drain'], $this->puppet->next('c'));
        $target->write("answer\n");
        self::assertSame(['message', 'answer'], $this->puppet->next('c'));
        $target->close();
        self::assertSame('close', $this->puppet->next('c')[0]);
    }

    /** @param array<string, string> $proxy */
    private function expectFailure(array $proxy, string $message): void
    {
        $this->puppet->make('c', 'tcp://' . $this->target->address(), $proxy);
        $this->puppet->call('c', 'connect');
        self::assertSame(['error', 1, $message, 'CLOSING'], $this->puppet->next('c'));
        self::assertSame('close', $this->puppet->next('c')[0]);
    }

    private function tinyproxy(string $configuration): void
    {
        $file = tempnam(sys_get_temp_dir(), 'ouvrier-tinyproxy-');
        file_put_contents($file, "Port $this->proxy\nListen 127.0.0.1\nMaxClients 10\n$configuration");
        $this->runProxy('tinyproxy', '-d', '-c', $file);
        unlink($file);
    }

    private function runProxy(string ...$command): void
    {
        $null = ['file', '/dev/null', 'w'];
        $this->process = proc_open($command, [$null, $null, $null], $pipes) ?: self::fail("cannot run $command[0]");
        Wait::until(fn (): bool => Port::isListening($this->proxy), "$command[0] to listen");
    }
}
