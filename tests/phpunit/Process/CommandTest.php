<?php

declare(strict_types=1);

namespace Ouvrier\Tests\Process;

use Ouvrier\Tests\Harness\Client\HttpClient;
use Ouvrier\Tests\Harness\Client\TextClient;
use Ouvrier\Tests\Harness\Port;
use Ouvrier\Tests\Harness\ProcessTable;
use Ouvrier\Tests\Harness\ServerProcess;
use Ouvrier\Tests\Harness\ServerTestCase;

/**
 * The commands of `php start.php`: what they do, what they say, and their exit codes.
 */
final class CommandTest extends ServerTestCase
{
    /** @dataProvider commandsWithoutAServer */
    public function testWithoutAServer(string $words, int $exitCode, string $message): void
    {
        $server = $this->launch($this->fixture(), explode(' ', $words), ['PORT' => $this->port]);

        self::assertSame($exitCode, $server->waitForExit());
        self::assertStringContainsString($message, $server->output());
        self::assertFalse(Port::isListening($this->port));
        self::assertSame(0, $server->masterPid());
    }

    /** @return iterable<string, array{string, int, string}> */
    public static function commandsWithoutAServer(): iterable
    {
        yield 'no command' => ['-d', 0, 'Usage: php status.php <command>'];
        yield 'stop' => ['stop', 0, 'Workerman[status.php] not run'];
        yield 'stop -g' => ['stop -g', 0, 'Workerman[status.php] not run'];
        yield 'reload' => ['reload', 1, 'Workerman[status.php] not run'];
        yield 'reload -g' => ['reload -g', 1, 'Workerman[status.php] not run'];
        yield 'status' => ['status', 1, 'Workerman[status.php] not run'];
        yield 'status --json' => ['status --json', 1, 'Workerman[status.php] not run'];
        yield 'connections' => ['connections', 1, 'Workerman[status.php] not run'];
    }

    /** @dataProvider commandsToAServer */
    public function testToAServerInTheForeground(string $words, int $exitCode, string $message): void
    {
        $server = $this->serve('status');
        [$worker] = $server->waitForWorkers(1);
        TextClient::to($this->port)->ask('hello');

        $command = $server->command(...explode(' ', $words));

        self::assertSame($exitCode, $command->exitCode, $command->output);
        self::assertStringContainsString($message, $command->output);
        self::assertSame('hello', TextClient::to($this->port)->ask('hello'));
    }

    /** @return iterable<string, array{string, int, string}> */
    public static function commandsToAServer(): iterable
    {
        yield 'start' => ['start', 1, 'Workerman[status.php] already running'];
        yield 'start -d' => ['start -d', 1, 'Workerman[status.php] already running'];
        yield 'reload' => ['reload', 0, 'Workerman[status.php] reload'];
        yield 'status' => ['status', 0, 'GLOBAL STATUS'];
        yield 'connections' => ['connections', 0, 'WORKERMAN CONNECTION STATUS'];
        yield 'no command' => ['word', 0, 'Usage: php status.php <command>'];
    }

    /** @dataProvider stops */
    public function testAStopEndsAServerInTheForeground(string $words): void
    {
        $server = $this->serve('status');
        TextClient::to($this->port)->ask('hello');

        $stop = $server->command(...explode(' ', $words));

        self::assertSame(0, $stop->exitCode, $stop->output);
        self::assertStringContainsString('Workerman[status.php] stop success', $stop->output);
        self::assertSame(0, $server->waitForExit());
        self::assertFalse(Port::isListening($this->port));
    }

    /** @return iterable<string, array{string}> */
    public static function stops(): iterable
    {
        yield 'stop' => ['stop'];
        yield 'stop -g' => ['stop -g'];
    }

    /** @dataProvider starts */
    public function testAnAddressThatIsTakenIsAFailure(string $words): void
    {
        $occupant = stream_socket_server("tcp://127.0.0.1:$this->port");

        $server = $this->launch($this->fixture(), explode(' ', $words), ['PORT' => $this->port]);

        self::assertSame(1, $server->waitForExit());
        self::assertStringContainsString("Address already in use: text://127.0.0.1:$this->port", $server->output());
        self::assertSame(0, $server->masterPid());
        fclose($occupant);
    }

    /** @return iterable<string, array{string}> */
    public static function starts(): iterable
    {
        yield 'start' => ['start'];
        yield 'start -d' => ['start -d'];
    }

    public function testARestartReplacesTheDaemon(): void
    {
        $server = $this->daemon('status');
        $old = $this->masterOf($server);

        $restart = $server->command('restart', '-d');

        self::assertSame(0, $restart->exitCode, $restart->output);
        foreach (['restart', 'is stopping ...', 'stop success', 'start in DAEMON mode'] as $line) {
            self::assertStringContainsString("Workerman[status.php] $line", $restart->output);
        }
        self::assertFalse(ProcessTable::isAlive($old));
        $server->waitForPort($this->port);
        self::assertSame('hello', TextClient::to($this->port)->ask('hello'));
        self::assertNotSame($old, $this->masterOf($server));
    }

    public function testARestartStartsWhatDoesNotRun(): void
    {
        $server = $this->launch($this->fixture(), ['restart', '-d'], ['PORT' => $this->port]);

        self::assertSame(0, $server->waitForExit());
        self::assertStringContainsString('Workerman[status.php] not run', $server->output());
        self::assertStringContainsString('start in DAEMON mode', $server->output());
        $server->waitForPort($this->port);
        self::assertSame('hello', TextClient::to($this->port)->ask('hello'));
    }

    public function testTheBannerIsLeftOutQuietly(): void
    {
        $server = $this->launch($this->fixture(), ['start', '-q'], ['PORT' => $this->port]);
        $server->waitForPort($this->port);
        self::assertSame('hello', TextClient::to($this->port)->ask('hello'));

        self::assertStringContainsString('start in DEBUG mode', $server->output());
        self::assertStringNotContainsString('WORKERS', $server->output());
        self::assertStringNotContainsString('Start success', $server->output());
    }

    public function testAGracefulStopWaitsForAnAnswerThatIsOwed(): void
    {
        $server = $this->daemon('reloading');
        $gate = (string) tempnam(sys_get_temp_dir(), 'ouvrier-gate');
        $client = HttpClient::to($this->port)->request('GET', "/later?while=$gate");
        $server->waitForLog('/later request/');

        $stopping = $server->beginCommand('stop', '-g');
        $server->waitForLog('/received signal SIGQUIT/');
        unlink($gate);
        $stop = $stopping();

        self::assertSame(0, $stop->exitCode, $stop->output);
        self::assertStringContainsString('Workerman[reloading.php] is gracefully stopping ...', $stop->output);
        self::assertStringContainsString('Workerman[reloading.php] stop success', $stop->output);
        self::assertSame('later answer', $client->receive()['body']);
        self::assertStringNotContainsString('exit with status', $server->log());
        self::assertFalse(Port::isListening($this->port));
    }

    public function testAGracefulStopDoesNotWaitForIdleClients(): void
    {
        $server = $this->daemon('reloading');
        $idle = HttpClient::to($this->port);
        $idle->get('/');

        $stop = $server->command('stop', '-g');

        self::assertSame(0, $stop->exitCode, $stop->output);
        self::assertSame('', $idle->readToEnd());
    }

    private function masterOf(ServerProcess $server): int
    {
        $server->waitForWorkers(1);
        return $server->masterPid();
    }

    private function fixture(): string
    {
        return dirname(__DIR__) . '/fixtures/status.php';
    }
}
