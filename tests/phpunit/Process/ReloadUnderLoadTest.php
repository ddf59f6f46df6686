<?php

declare(strict_types=1);

namespace Ouvrier\Tests\Process;

use Ouvrier\Tests\Harness\Client\HttpClient;
use Ouvrier\Tests\Harness\Client\HttpLoad;
use Ouvrier\Tests\Harness\Client\WebsocketClient;
use Ouvrier\Tests\Harness\Port;
use Ouvrier\Tests\Harness\ServerProcess;
use Ouvrier\Tests\Harness\ServerTestCase;

/**
 * What the clients of a service notice of its reloads.
 */
final class ReloadUnderLoadTest extends ServerTestCase
{
    private const SERVICE_RESTART = 1012;

    /**
     * @dataProvider services
     * @param array<string, int> $environment
     */
    public function testNoRequestFailsOverSeveralReloads(int $processes, int $signal, array $environment = []): void
    {
        $environment += ['PROCESSES' => $processes];
        $server = $this->serve('reloading', $environment, ['ouvrier.drain_ms' => '200']);
        $server->waitForLog('/started web/', $processes);
        $load = new HttpLoad($this->port, keptAlive: 8, fresh: 4, patience: 0.2);
        for ($reloads = 1; $reloads <= 5; $reloads++) {
            $answers = $load->answers;
            $load->until(static fn (): bool => $load->answers > $answers + 50, 'fifty answers');
            $server->signal($signal);
            $load->until(
                static fn (): bool => substr_count($server->log(), 'reloaded, processes replaced') === $reloads,
                "the end of reload $reloads",
            );
        }
        $load->finish();

        self::assertSame([], $load->failures);
        self::assertGreaterThanOrEqual(5, count($load->words), 'processes that have answered');
        self::assertStringNotContainsString('exit with status', $server->log());
    }

    /** @return iterable<string, array{0: int, 1: int, 2?: array<string, int>}> */
    public static function services(): iterable
    {
        yield 'one process' => [1, SIGUSR1];
        yield 'two processes' => [2, SIGUSR1];
        yield 'two processes, gracefully' => [2, SIGUSR2];
        yield 'two processes with sockets of their own' => [2, SIGUSR1, ['REUSE_PORT' => 1]];
    }

    public function testAnIdleConnectionIsClosedBehindItsNextAnswer(): void
    {
        $server = $this->serve('reloading', settings: ['ouvrier.drain_ms' => '5000']);
        $client = HttpClient::to($this->port);
        $old = $client->get('/worker')['body'];

        $this->reload($server);

        $answer = $client->get('/worker');
        self::assertSame($old, $answer['body']);
        self::assertSame('close', $answer['headers']['connection']);
        self::assertSame('', $client->readToEnd());
        self::assertNotSame($old, HttpClient::to($this->port)->get('/worker')['body']);
    }

    public function testARequestThatBlocksIsAnswered(): void
    {
        $server = $this->serve('reloading', settings: ['ouvrier.drain_ms' => '100']);
        $client = HttpClient::to($this->port)->request('GET', '/slow');
        $server->waitForLog('/slow request/');

        $this->reload($server);

        self::assertSame('slow answer', $client->receive()['body']);
        self::assertSame('', $client->readToEnd());
    }

    /** @testWith [10]
     *            [12]
     */
    public function testARequestThatHasArrivedAtTheEndOfTheWindowIsAnswered(int $signal): void
    {
        // Nobody reads it while the process is in a callback.
        $server = $this->serve('reloading', settings: ['ouvrier.drain_ms' => '500', 'ouvrier.relief_ms' => '60000']);
        [$blocking, $client] = [HttpClient::to($this->port), HttpClient::to($this->port)];
        $old = $blocking->get('/worker')['body'];
        self::assertSame($old, $client->get('/worker')['body']);
        $server->waitForLog('/started web/');
        $server->signal($signal);
        $server->waitForLog('/onWorkerReload web/');

        $blocking->request('GET', '/slow');
        $server->waitForLog('/slow request/');
        $client->request('GET', '/worker');

        self::assertSame('slow answer', $blocking->receive()['body']);
        $answer = $client->receive();
        self::assertSame([$old, 'close'], [$answer['body'], $answer['headers']['connection']]);
        self::assertSame('', $client->readToEnd());
    }

    public function testAnAnswerThatComesLaterWithinTheWindowArrives(): void
    {
        $server = $this->serve('reloading', settings: ['ouvrier.drain_ms' => '5000']);
        $gate = (string) tempnam(sys_get_temp_dir(), 'ouvrier-gate');
        $client = HttpClient::to($this->port)->request('GET', "/later?while=$gate");
        $server->waitForLog('/later request/');

        $this->reload($server);
        unlink($gate);

        $answer = $client->receive();
        self::assertSame(['later answer', 'close'], [$answer['body'], $answer['headers']['connection']]);
        self::assertSame('', $client->readToEnd());
    }

    public function testAGracefulReloadWaitsLongerThanTheWindowForAnAnswerAndNotForIdleClients(): void
    {
        $server = $this->serve('reloading', settings: ['ouvrier.drain_ms' => '0']);
        $gate = (string) tempnam(sys_get_temp_dir(), 'ouvrier-gate');
        $idle = HttpClient::to($this->port);
        $old = explode(' ', $idle->get('/worker')['body'])[1];
        $waiting = HttpClient::to($this->port)->request('GET', "/later?while=$gate");
        $server->waitForLog('/later request/');

        self::assertSame(0, $server->command('reload', '-g')->exitCode);
        $server->waitForLog('/reloaded, processes replaced: 1/');

        self::assertSame('', $idle->readToEnd());
        unlink($gate);
        self::assertSame('later answer', $waiting->receive()['body']);
        self::assertSame('', $waiting->readToEnd());
        self::assertStringNotContainsString("web:$old] exit with status", $server->log());
        self::assertSame('false', HttpClient::to($this->port)->get('/graceful')['body']);
    }

    public function testWebsocketClientsAreToldOneAfterAnother(): void
    {
        $port = Port::free();
        $server = $this->serve('reloading', ['PUSH_PORT' => $port], ['ouvrier.drain_ms' => '2000']);
        $server->waitForPort($port);
        $clients = array_map(static fn (): WebsocketClient => WebsocketClient::open($port), range(1, 20));
        [$old] = array_unique(array_map(static fn ($client): string => $client->ask('hello'), $clients));

        $server->signal(SIGUSR1);
        self::assertSame(self::SERVICE_RESTART, self::closeCode($clients[0]));

        // Others are served on meanwhile.
        self::assertSame($old, end($clients)->ask('hello'));
        foreach (array_slice($clients, 1) as $client) {
            self::assertSame(self::SERVICE_RESTART, self::closeCode($client));
        }
        $server->waitForLog('/reloaded, processes replaced: 2/');
        self::assertNotSame($old, WebsocketClient::open($port)->ask('hello'));
    }

    public function testWithoutAWindowTheWebsocketClientsAreToldAtOnce(): void
    {
        $port = Port::free();
        $server = $this->serve('reloading', ['PUSH_PORT' => $port], ['ouvrier.drain_ms' => '0']);
        $server->waitForPort($port);
        $clients = array_map(static fn (): WebsocketClient => WebsocketClient::open($port), range(1, 5));

        $this->reload($server);

        foreach ($clients as $client) {
            self::assertSame(self::SERVICE_RESTART, self::closeCode($client));
        }
    }

    public function testRequestsAndWebsocketsTogetherLoseNothing(): void
    {
        $port = Port::free();
        $server = $this->serve(
            'reloading',
            ['PUSH_PORT' => $port, 'PROCESSES' => 2],
            ['ouvrier.drain_ms' => '300'],
        );
        $server->waitForPort($port);
        $load = new HttpLoad($this->port, keptAlive: 4, fresh: 2, patience: 0.3);
        for ($reloads = 1; $reloads <= 3; $reloads++) {
            $clients = array_map(static fn (): WebsocketClient => WebsocketClient::open($port), range(1, 50));
            $server->signal(SIGUSR1);
            $load->until(
                static fn (): bool => substr_count($server->log(), 'reloaded, processes replaced') === $reloads,
                "the end of reload $reloads",
            );
            foreach ($clients as $client) {
                $load->until(static fn (): bool => $client->hasData(), 'a close frame');
                self::assertSame(self::SERVICE_RESTART, self::closeCode($client));
            }
        }
        $load->finish();

        self::assertSame([], $load->failures);
    }

    private function reload(ServerProcess $server): void
    {
        $server->waitForLog('/started web/');
        $server->signal(SIGUSR1);
        $server->waitForLog('/reloaded, processes replaced: \d+/');
    }

    /** Reads the close frame, answers it, and sees the connection end. */
    private static function closeCode(WebsocketClient $client): int
    {
        [$opcode, $payload] = $client->receiveFrame();
        self::assertSame(WebsocketClient::CLOSE, $opcode, $payload);
        self::assertSame('', $client->sendFrame(WebsocketClient::CLOSE, $payload)->readToEnd());
        return unpack('n', $payload)[1];
    }
}
