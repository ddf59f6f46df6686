<?php

declare(strict_types=1);

namespace Ouvrier\Tests\Process;

use Ouvrier\Tests\Harness\ServerTestCase;

/**
 * What systemd is told over NOTIFY_SOCKET; see sd_notify(3).
 */
final class NotifyTest extends ServerTestCase
{
    private string $address;

    /** @var resource */
    private $socket;

    protected function setUp(): void
    {
        parent::setUp();
        $this->address = sys_get_temp_dir() . "/ouvrier-notify-$this->port";
        $this->socket = stream_socket_server("udg://$this->address", $errno, $message, STREAM_SERVER_BIND);
    }

    protected function tearDown(): void
    {
        parent::tearDown();
        fclose($this->socket);
        unlink($this->address);
    }

    public function testTheServiceIsReadyReloadsAndStops(): void
    {
        $server = $this->serve('reloading', ['NOTIFY_SOCKET' => $this->address], ['ouvrier.drain_ms' => '0']);
        self::assertSame('READY=1', $this->received());
        $server->waitForLog('/started web 0/');

        $server->signal(SIGUSR1);
        self::assertMatchesRegularExpression('/^RELOADING=1\nMONOTONIC_USEC=\d+$/', $this->received());
        self::assertSame('READY=1', $this->received());
        $server->waitForLog('/reloaded/');

        $server->signal(SIGTERM);
        self::assertSame('STOPPING=1', $this->received());
        self::assertSame(0, $server->waitForExit());
    }

    public function testAServiceThatDoesNotStartIsNotReady(): void
    {
        $cured = "$this->address.cured";
        $server = $this->serve('crashing', ['NOTIFY_SOCKET' => $this->address, 'CURED' => $cured]);
        $server->waitForLog('/has failed 2 times/');
        self::assertFalse($this->hasReceived());

        touch($cured);

        self::assertSame('READY=1', $this->received());
        unlink($cured);
    }

    private function received(): string
    {
        self::assertTrue($this->hasReceived(20), 'a message in time');
        return (string) stream_socket_recvfrom($this->socket, 1024);
    }

    private function hasReceived(int $seconds = 0): bool
    {
        $read = [$this->socket];
        $none = null;
        return stream_select($read, $none, $none, $seconds) === 1;
    }
}
