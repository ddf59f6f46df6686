<?php

declare(strict_types=1);

namespace Ouvrier\Tests\Browser;

use Ouvrier\Tests\Harness\Client\HttpClient;
use Ouvrier\Tests\Harness\Port;
use Ouvrier\Tests\Harness\Wait;
use RuntimeException;
use Throwable;

/**
 * A headless Chromium driven by chromedriver over the W3C WebDriver protocol: JSON over HTTP.
 */
final class WebDriver
{
    /** Seconds that a browser may take for one thing. On a machine with much else to do it is slow to start, and to open a page. */
    private const DEADLINE = 120;

    private const ARGUMENTS = [
        '--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-dev-shm-usage',
        '--disable-background-networking', '--disable-component-update', '--disable-sync',
    ];

    /** @var resource */
    private $process;

    private int $port;

    private string $session = '';

    private string $profile;

    public function __construct()
    {
        $this->port = Port::free();
        $this->profile = sys_get_temp_dir() . '/ouvrier-browser-' . bin2hex(random_bytes(6));
        mkdir($this->profile, 0o700);
        $null = ['file', '/dev/null', 'a'];
        $process = proc_open(['setsid', 'chromedriver', "--port=$this->port"], [$null, $null, $null], $pipes);
        if ($process === false) {
            throw new RuntimeException('cannot start chromedriver');
        }
        $this->process = $process;
        try {
            $this->begin();
        } catch (Throwable $failure) {
            $this->end();
            throw $failure;
        }
    }

    private function begin(): void
    {
        // It listens on the port over IPv6 first.
        Wait::until(fn (): bool => @fsockopen('127.0.0.1', $this->port) !== false, 'chromedriver', self::DEADLINE);
        $this->session = $this->call('POST', '/session', ['capabilities' => ['alwaysMatch' => [
            'browserName' => 'chrome',
            // Those of the tests have signed themselves.
            'acceptInsecureCerts' => true,
            'timeouts' => ['script' => 1000 * self::DEADLINE],
            'goog:chromeOptions' => ['args' => [...self::ARGUMENTS, "--user-data-dir=$this->profile"]],
        ]]])['sessionId'];
    }

    public function open(string $url): void
    {
        $this->call('POST', "/session/$this->session/url", ['url' => $url]);
    }

    /**
     * What a script returns in the page.
     *
     * @param list<mixed> $arguments
     */
    public function execute(string $script, array $arguments = []): mixed
    {
        return $this->call('POST', "/session/$this->session/execute/sync", ['script' => $script, 'args' => $arguments]);
    }

    /** The text of an element as a reader sees it: empty when it is hidden or not there. */
    public function text(string $selector): string
    {
        return (string) $this->execute(
            'const element = document.querySelector(arguments[0]);'
            . 'return element?.checkVisibility() ? element.innerText : "";',
            [$selector],
        );
    }

    public function waitForText(string $selector, string $text): void
    {
        Wait::until(
            fn (): bool => str_contains($this->text($selector), $text),
            "\"$text\" in $selector, which is \"{$this->text($selector)}\"",
        );
    }

    public function quit(): void
    {
        try {
            $this->call('DELETE', "/session/$this->session");
        } finally {
            $this->end();
        }
    }

    private function end(): void
    {
        // The driver leads a process group of its own, to which every process of the browser belongs.
        posix_kill(-proc_get_status($this->process)['pid'], SIGKILL);
        proc_close($this->process);
        exec('rm -rf ' . escapeshellarg($this->profile));
    }

    /** @param array<string, mixed>|null $body */
    private function call(string $method, string $path, ?array $body = null): mixed
    {
        $body = $body === null ? '' : json_encode($body, JSON_THROW_ON_ERROR);
        $answer = HttpClient::to($this->port)
            ->patient(self::DEADLINE)
            ->request($method, $path, ['Content-Type: application/json', 'Connection: close'], $body)
            ->receive();
        $value = json_decode($answer['body'], true, flags: JSON_THROW_ON_ERROR)['value'];
        if (isset($value['error'])) {
            throw new RuntimeException("$value[error]: $value[message]");
        }
        return $value;
    }
}
