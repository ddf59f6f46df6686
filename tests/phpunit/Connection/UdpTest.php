<?php

declare(strict_types=1);

namespace Ouvrier\Tests\Connection;

use Ouvrier\Tests\Harness\Client\UdpClient;
use Ouvrier\Tests\Harness\ProcessTable;
use Ouvrier\Tests\Harness\ServerProcess;
use Ouvrier\Tests\Harness\ServerTestCase;
use Ouvrier\Tests\Harness\Wait;

final class UdpTest extends ServerTestCase
{
    /** Callbacks block, or the worker pauses, while this file exists. */
    private string $gate;

    private ServerProcess $server;

    protected function setUp(): void
    {
        parent::setUp();
        $this->gate = (string) tempnam(sys_get_temp_dir(), 'ouvrier-gate');
    }

    protected function tearDown(): void
    {
        @unlink($this->gate);
        parent::tearDown();
    }

    public function testADatagramIsAnsweredToWhoeverSentIt(): void
    {
        $this->serveUdp();
        [$one, $two] = [UdpClient::to($this->port), UdpClient::to($this->port)];

        $one->send('first');
        self::assertSame('echo second', $two->ask('second'));
        self::assertSame('echo first', $one->receive());
        self::assertSame([null, 'udp', 0], $one->askJson('belongs'));
    }

    public function testBothEndsAreKnown(): void
    {
        $this->serveUdp();
        $client = UdpClient::to($this->port);
        $local = $client->localAddress();
        $port = (int) substr($local, strlen('127.0.0.1:'));

        self::assertSame(
            [$local, '127.0.0.1', $port, "127.0.0.1:$this->port", '127.0.0.1', $this->port, true, false],
            $client->askJson('addresses'),
        );
        $json = $client->askJson('json');
        self::assertSame([
            'transport', 'getRemoteIp', 'remotePort', 'getRemoteAddress', 'getLocalIp', 'getLocalPort', 'getLocalAddress',
            'isIpV4', 'isIpV6',
        ], array_keys($json));
        self::assertSame($local, $json['getRemoteAddress']);
    }

    public function testAnIpV6AddressLosesItsBrackets(): void
    {
        $this->serveUdp(['HOST' => '[::]']);
        $client = new UdpClient("udp://[::1]:$this->port");

        [$address, $ip] = $addresses = $client->askJson('addresses');

        self::assertSame([$client->localAddress(), '::1'], [$address, $ip]);
        self::assertSame([false, true], array_slice($addresses, -2));
        self::assertSame('::ffff:127.0.0.1', UdpClient::to($this->port)->askJson('addresses')[1]);
    }

    public function testCloseAnswersAndTheWorkerGoesOn(): void
    {
        $this->serveUdp();
        $client = UdpClient::to($this->port);

        self::assertSame('bye', $client->ask('close'));
        $client->send('send after close');
        self::assertSame('echo still here', $client->ask('still here'));
        $this->server->waitForLog('/ false$/m');
    }

    public function testTheLargestDatagramGoesBothWaysAndALargerOneIsRefused(): void
    {
        $this->serveUdp();
        $client = UdpClient::to($this->port);
        $largest = str_repeat('x', 65_507 - strlen('echo '));

        self::assertSame("echo $largest", $client->ask($largest));
        self::assertFalse($client->askJson('too large'));
        self::assertSame('echo ', $client->ask(''));
    }

    public function testAnObjectMadeByHandSendsFromTheWorkersSocket(): void
    {
        $this->serveUdp();

        self::assertSame("local 127.0.0.1:$this->port", UdpClient::to($this->port)->ask('by hand'));
        self::assertTrue(UdpClient::to($this->port)->askJson('socket'));
    }

    public function testEveryDatagramCountsAsARequest(): void
    {
        $this->serveUdp();
        $client = UdpClient::to($this->port);
        $client->ask('one');
        $client->ask('two');

        self::assertSame(3, $client->askJson('statistics')['total_request']);
    }

    public function testAnExceptionStopsTheProcessAndAnotherTakesItsPlace(): void
    {
        $this->serveUdp();
        $client = UdpClient::to($this->port);
        $first = $client->ask('pid');

        $client->send('throw');

        // What the old process had received is lost with it.
        Wait::until(static fn (): bool => $client->send('pid')->hasData(0.1), 'an answer');
        self::assertNotSame($first, $client->receive());
        $this->server->waitForLog('/LogicException: thrown in onMessage/');
        $this->server->waitForLog('/exit with status 64000/');
    }

    public function testWhilePausedDatagramsWait(): void
    {
        $this->serveUdp();
        $client = UdpClient::to($this->port);

        self::assertSame('paused', $client->ask('pause'));
        $client->send('patient');
        unlink($this->gate);

        self::assertSame('echo patient', $client->receive());
    }

    public function testADatagramMayHoldSeveralMessagesOfAProtocol(): void
    {
        $this->serveUdp(['SCHEME' => 'text']);
        $client = UdpClient::to($this->port);
        $client->send("one\r\ntwo\nwithout end");

        self::assertSame(["echo one\n", "echo two\n"], [$client->receive(), $client->receive()]);
        self::assertSame("[\"Workerman\\\\Protocols\\\\Text\",\"udp\",0]\n", $client->ask("belongs\n"));
    }

    public function testFramesAreCutAndMade(): void
    {
        $this->serveUdp(['SCHEME' => 'frame']);

        self::assertSame("\0\0\0\x0becho hi", substr(UdpClient::to($this->port)->ask("\0\0\0\x06hi"), 0, 11));
    }

    public function testProcessesShareTheSocketThatTheMasterHasBound(): void
    {
        $this->serveUdp(['COUNT' => 2]);
        $workers = $this->server->waitForWorkers(2);

        for ($client = 0; $client < 50; $client++) {
            self::assertContains((int) UdpClient::to($this->port)->ask('pid'), $workers);
        }
    }

    public function testWithReusePortEachProcessGetsItsShare(): void
    {
        $this->serveUdp(['COUNT' => 2, 'REUSE_PORT' => 1]);

        $pids = [];
        Wait::until(function () use (&$pids): bool {
            $pids[UdpClient::to($this->port)->ask('pid')] = true;
            return count($pids) === 2;
        }, 'an answer of both processes');
        self::assertEqualsCanonicalizing($this->server->waitForWorkers(2), array_keys($pids));
    }

    public function testAProcessThatIsBusyLeavesASharedPortToTheOthers(): void
    {
        $this->serveUdp(['COUNT' => 2]);
        $this->server->waitForWorkers(2);
        $blocker = UdpClient::to($this->port)->send('block');
        $this->server->waitForLog('/ blocked$/m');

        $client = UdpClient::to($this->port);
        for ($number = 0; $number < 100; $number++) {
            self::assertSame("echo $number", $client->ask((string) $number));
        }

        self::assertFalse($blocker->hasData());
        unlink($this->gate);
        self::assertSame('unblocked', $blocker->receive());
    }

    public function testNoDatagramIsLostInAReload(): void
    {
        $this->serveUdp();
        $client = UdpClient::to($this->port);
        $first = $client->ask('pid');

        $this->server->signal(SIGUSR1);
        $answers = 0;
        Wait::until(static function () use ($client, $first, &$answers): bool {
            $answers++;
            return $client->ask('pid') !== $first;
        }, 'another process to answer');

        self::assertGreaterThan(0, $answers);
    }

    public function testAFloodWhileACallbackBlocksIsBoundedAndCounted(): void
    {
        $this->serveUdp();
        [$worker] = $this->server->waitForWorkers(1);
        $client = UdpClient::to($this->port);
        $client->ask('warm');
        $client->send('block');
        $this->server->waitForLog('/ blocked$/m');
        $before = ProcessTable::residentBytes($worker);

        $flood = UdpClient::to($this->port);
        for ($datagram = 0; $datagram < 40_000; $datagram++) {
            $flood->send('flood ' . str_repeat('x', 1_000));
        }

        $report = $this->server->command('status', '--json')->json()['processes'][0];
        self::assertSame('busy', $report['state']);
        self::assertGreaterThan(20_000, $report['datagrams_dropped']);
        self::assertLessThan(32 << 20, ProcessTable::residentBytes($worker) - $before);
        unlink($this->gate);
        self::assertSame('unblocked', $client->receive());
        // What was queued has been handled, or there would be no room for this.
        Wait::until(static fn (): bool => $client->send('alive')->hasData(0.1), 'an answer after the flood');
        self::assertSame('echo alive', $client->receive());
    }

    public function testOtherProgramsCanTalkToIt(): void
    {
        $this->serveUdp();

        $answer = shell_exec("printf hello | socat -t 5 -T 5 - UDP:127.0.0.1:$this->port,shut-none 2>&1 | head -c 10");

        self::assertSame('echo hello', $answer);
    }

    /** @param array<string, string|int> $environment */
    private function serveUdp(array $environment = []): void
    {
        $this->server = $this->launch(
            dirname(__DIR__) . '/fixtures/udp.php',
            ['start'],
            $environment + ['PORT' => $this->port, 'GATE' => $this->gate],
        );
        $this->server->waitForUdpPort($this->port);
    }
}
