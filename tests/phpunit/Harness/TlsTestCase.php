<?php

declare(strict_types=1);

namespace Ouvrier\Tests\Harness;

/**
 * A test against servers that speak TLS, with certificates of its own.
 */
abstract class TlsTestCase extends ServerTestCase
{
    protected Certificates $certificates;

    protected function setUp(): void
    {
        parent::setUp();
        $this->certificates = new Certificates();
    }

    protected function tearDown(): void
    {
        parent::tearDown();
        $this->certificates->remove();
    }

    /**
     * Starts the fixture `tls` with these `ssl` options; without a certificate among them, with one for `localhost`.
     *
     * @param array<string, mixed> $ssl
     * @param array<string, string|int> $environment
     * @param array<string, string> $settings
     */
    protected function serveTls(string $scheme, array $ssl = [], array $environment = [], array $settings = []): ServerProcess
    {
        $ssl += isset($ssl['local_cert']) ? [] : $this->certificates->sign('localhost', 'server');
        return $this->serve('tls', $environment + ['SCHEME' => $scheme, 'SSL' => json_encode($ssl)], $settings);
    }

    /** What `openssl s_client` sees, who trusts the authority of this test. How it writes names depends on its version unless it is told. */
    protected function look(string ...$options): CommandResult
    {
        return CommandResult::of([
            'openssl', 's_client', '-connect', "127.0.0.1:$this->port",
            '-CAfile', $this->certificates->path('ca.pem'), '-verify_return_error', '-nameopt', 'RFC2253', ...$options,
        ]);
    }
}
