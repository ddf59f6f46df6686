<?php

declare(strict_types=1);

namespace Ouvrier\Tests\Tls;

use Ouvrier\Tests\Harness\TlsTestCase;
use Ouvrier\Tests\Harness\Wait;

final class TlsProxyTest extends TlsTestCase
{
    public function testTheProxyProtocolComesBeforeTls(): void
    {
        $this->serve('proxied', ['SCHEME' => 'text', 'OPTIONS' => json_encode([
            'ssl' => $this->certificates->sign('localhost', 'server'),
            'proxy' => ['trusted' => ['127.0.0.1'], 'protocol' => true],
        ])]);
        $client = stream_socket_client(
            "tcp://127.0.0.1:$this->port",
            timeout: Wait::DEADLINE,
            context: stream_context_create(['ssl' => [
                'cafile' => $this->certificates->path('ca.pem'),
                'peer_name' => 'localhost',
            ]]),
        );
        self::assertNotFalse($client);
        stream_set_timeout($client, (int) Wait::DEADLINE);

        fwrite($client, "PROXY TCP4 203.0.113.7 127.0.0.1 4711 80\r\n");
        self::assertTrue(stream_socket_enable_crypto($client, true, STREAM_CRYPTO_METHOD_TLS_CLIENT));
        fwrite($client, "who am I?\n");

        self::assertSame("203.0.113.7 4711\n", fgets($client));
    }
}
