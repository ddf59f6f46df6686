<?php

declare(strict_types=1);

namespace Ouvrier\Tests\Process;

use Ouvrier\Tests\Harness\Client\TextClient;
use Ouvrier\Tests\Harness\ServerTestCase;

/**
 * `$worker->user` and `$worker->group`, which only root can have, and services of ordinary users.
 */
final class UserTest extends ServerTestCase
{
    /** Runs a program as an ordinary user; there need not be an account for it. */
    private const ORDINARY = ['setpriv', '--reuid=54321', '--regid=54321', '--clear-groups'];

    protected function setUp(): void
    {
        parent::setUp();
        if (posix_geteuid() !== 0) {
            self::markTestSkipped('needs root');
        }
    }

    public function testAProcessBecomesTheUserAndTheMasterStaysRoot(): void
    {
        $nobody = posix_getpwnam('nobody');
        $server = $this->serve('starting', ['WORKER_USER' => 'nobody']);

        $answer = TextClient::to($this->port)->ask('who');

        self::assertStringStartsWith("$nobody[uid] $nobody[gid] ", $answer);
        self::assertSame(0, fileowner('/proc/' . $server->pid()));
        self::assertStringContainsString('cannot write the log', $server->output(), 'the log is not the user\'s');
        $server->waitForMatch('/ nobody +starting /');
    }

    public function testAGroupIsTakenWithTheUser(): void
    {
        $group = posix_getgrnam('daemon');
        $this->serve('starting', ['WORKER_USER' => 'nobody', 'WORKER_GROUP' => 'daemon']);

        $answer = TextClient::to($this->port)->ask('who');

        self::assertStringStartsWith(posix_getpwnam('nobody')['uid'] . " $group[gid] ", $answer);
    }

    /** @dataProvider strangers */
    public function testAProcessThatCannotBecomeTheUserDoesNotServeAsRoot(array $environment, string $warning): void
    {
        $server = $this->launch(
            dirname(__DIR__) . '/fixtures/starting.php',
            ['start'],
            $environment + ['PORT' => $this->port],
        );

        $server->waitForLog("/$warning/");
        $server->waitForLog('/worker\[starting:\d+\] exit with status 256/');
        $server->signal(SIGTERM);
        self::assertSame(0, $server->waitForExit());
    }

    /** @return iterable<string, array{array<string, string>, string}> */
    public static function strangers(): iterable
    {
        yield 'user' => [['WORKER_USER' => 'no-such-user'], 'Warning: User no-such-user not exists'];
        yield 'group' => [
            ['WORKER_USER' => 'nobody', 'WORKER_GROUP' => 'no-such-group'],
            'Warning: Group no-such-group not exists',
        ];
    }

    public function testAnOrdinaryUserIsWarnedAndServed(): void
    {
        $this->needReadable();
        $server = $this->launch(
            dirname(__DIR__) . '/fixtures/starting.php',
            ['start'],
            ['PORT' => $this->port, 'WORKER_USER' => 'root'],
            through: self::ORDINARY,
        );
        $server->waitForPort($this->port);

        self::assertStringStartsWith('54321 54321 ', TextClient::to($this->port)->ask('who'));
        self::assertStringContainsString(
            'Warning: You must have the root privileges to change uid and gid.',
            $server->output(),
        );
        self::assertSame(0, $server->command('stop')->exitCode, 'root stops everybody\'s services');
        self::assertSame(0, $server->waitForExit());
    }

    public function testAPidFileThatCannotBeWrittenIsAFailure(): void
    {
        $this->needReadable();
        $server = $this->launch(
            dirname(__DIR__) . '/fixtures/starting.php',
            ['start'],
            ['PORT' => $this->port, 'LOG' => '/dev/null', 'PID_FILE' => '/proc/server.pid'],
            through: self::ORDINARY,
        );

        self::assertSame(1, $server->waitForExit());
        self::assertStringContainsString('/proc/server.pid', $server->output());
    }

    /** The extension may lie where only root can read it. */
    private function needReadable(): void
    {
        $command = implode(' ', array_map('escapeshellarg', [
            ...self::ORDINARY, PHP_BINARY, '-r', 'exit(extension_loaded("ouvrier") && is_readable($argv[1]) ? 0 : 1);',
            dirname(__DIR__) . '/fixtures/starting.php',
        ]));
        exec("$command 2>&1", $output, $code);
        if ($code !== 0) {
            self::markTestSkipped('an ordinary user cannot read the extension here');
        }
    }
}
