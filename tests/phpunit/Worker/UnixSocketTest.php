<?php

declare(strict_types=1);

namespace Ouvrier\Tests\Worker;

use Ouvrier\Tests\Harness\Client\TextClient;
use Ouvrier\Tests\Harness\ServerProcess;
use Ouvrier\Tests\Harness\ServerTestCase;

final class UnixSocketTest extends ServerTestCase
{
    private string $socket;

    protected function setUp(): void
    {
        parent::setUp();
        $this->socket = sys_get_temp_dir() . '/ouvrier-' . bin2hex(random_bytes(8)) . '.sock';
    }

    protected function tearDown(): void
    {
        parent::tearDown();
        @unlink($this->socket);
    }

    public function testTheFileComesAndGoesWithTheService(): void
    {
        $server = $this->serveUnix();
        self::assertSame('socket', filetype($this->socket));
        self::assertSame('unix', $this->ask($this->socket)['transport']);

        $server->interrupt();
        $server->waitForExit();

        clearstatcache();
        self::assertFileDoesNotExist($this->socket);
    }

    public function testAPeerHasNoAddress(): void
    {
        $this->serveUnix();

        $json = $this->ask($this->socket);

        unset($json['id'], $json['status']);
        self::assertSame([
            'transport' => 'unix', 'getRemoteIp' => '', 'remotePort' => 0, 'getRemoteAddress' => '', 'getLocalIp' => '',
            'getLocalPort' => 0, 'getLocalAddress' => $this->socket, 'isIpV4' => false, 'isIpV6' => false,
        ], $json);
    }

    public function testTheFileOfAServiceThatWasKilledIsReplaced(): void
    {
        $killed = stream_socket_server("unix://$this->socket");
        fclose($killed);
        self::assertFileExists($this->socket);

        $this->serveUnix();

        self::assertSame(2, $this->ask($this->socket)['status']);
    }

    public function testASocketThatSomebodyServesIsInUse(): void
    {
        $this->serveUnix();

        $second = $this->launchUnix($this->socket);

        self::assertSame(1, $second->waitForExit());
        self::assertStringContainsString('Address already in use', $second->output());
        self::assertSame('unix', $this->ask($this->socket)['transport']);
    }

    public function testAFileThatIsNoSocketIsLeftAlone(): void
    {
        file_put_contents($this->socket, 'precious');

        $server = $this->launchUnix($this->socket);

        self::assertSame(1, $server->waitForExit());
        self::assertStringContainsString("$this->socket exists and is no socket", $server->output());
        self::assertSame('precious', file_get_contents($this->socket));
    }

    public function testAPathThatIsTooLongIsRefused(): void
    {
        $server = $this->launchUnix('/tmp/' . str_repeat('x', 120));

        self::assertSame(1, $server->waitForExit());
        self::assertStringContainsString('the path of a unix socket has at most 107 bytes', $server->output());
    }

    public function testAnAbstractNameHasNoFile(): void
    {
        $name = 'ouvrier-' . bin2hex(random_bytes(8));
        $this->launchUnix("@$name")->waitForMatch('/^started$/m');

        self::assertSame('unix', $this->ask("\0$name")['transport']);
    }

    public function testTheFileBelongsToTheUserOfTheProcesses(): void
    {
        if (posix_geteuid() !== 0) {
            self::markTestSkipped('only root can give files away');
        }
        ['uid' => $uid] = posix_getpwnam('nobody');
        ['gid' => $gid, 'name' => $group] = posix_getgrgid(posix_getpwnam('nobody')['gid']);

        $this->serveUnix(['SOCKET_USER' => 'nobody', 'SOCKET_GROUP' => $group]);

        self::assertSame([$uid, $gid], [fileowner($this->socket), filegroup($this->socket)]);
    }

    public function testOtherProgramsCanTalkToIt(): void
    {
        $this->serveUnix();

        $answer = shell_exec("echo hello | socat -t 5 - UNIX-CONNECT:$this->socket");

        self::assertStringContainsString('"transport":"unix"', (string) $answer);
    }

    /** @return array<string, mixed> what the service says of our connection */
    private function ask(string $socket): array
    {
        return (new TextClient("unix://$socket"))->askJson('who am I');
    }

    /** @param array<string, string> $environment */
    private function serveUnix(array $environment = []): ServerProcess
    {
        $server = $this->launchUnix($this->socket, $environment);
        $server->waitForMatch('/^started$/m');
        return $server;
    }

    /** @param array<string, string> $environment */
    private function launchUnix(string $socket, array $environment = []): ServerProcess
    {
        $environment += ['SOCKET' => $socket];
        return $this->launch(dirname(__DIR__) . '/fixtures/unix.php', ['start'], $environment);
    }
}
