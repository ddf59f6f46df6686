<?php

declare(strict_types=1);

namespace Ouvrier\Tests\Tls;

use Ouvrier\Tests\Harness\Certificates;
use Ouvrier\Tests\Harness\Client\TextClient;
use Ouvrier\Tests\Harness\TlsTestCase;
use RuntimeException;

/**
 * Which certificate a client gets to see, and which clients a server believes.
 */
final class TlsTrustTest extends TlsTestCase
{
    public function testAClientThatTrustsTheAuthorityIsContentAndOthersAreNot(): void
    {
        $this->serveTls('text');
        $stranger = new Certificates();

        try {
            self::assertStringContainsString('Verification: OK', $this->look('-verify_hostname', 'localhost')->output);
            self::assertStringContainsString('hostname mismatch', $this->look('-verify_hostname', 'elsewhere')->output);
            $this->expectException(RuntimeException::class);
            @TextClient::secure($this->port, $stranger->trust());
        } finally {
            $stranger->remove();
        }
    }

    public function testTheNameThatAClientAsksForChoosesTheCertificate(): void
    {
        $one = $this->certificates->sign('one.test', 'one');
        $many = $this->certificates->sign('*.many.test', 'many');
        file_put_contents($this->certificates->path('both.pem'), file_get_contents($many['local_cert']) . file_get_contents($many['local_pk']));
        $this->serveTls('text', ['SNI_server_certs' => ['one.test' => $one, '*.many.test' => $this->certificates->path('both.pem')]]);

        self::assertStringContainsString('CN = one.test', $this->look('-servername', 'one.test')->output);
        self::assertStringContainsString('CN = *.many.test', $this->look('-servername', 'www.many.test')->output);
        self::assertStringContainsString('CN = localhost', $this->look('-servername', 'two.test')->output);
        self::assertStringContainsString('CN = localhost', $this->look('-noservername')->output);
    }

    /** @dataProvider versions */
    public function testTheVersionsAreThoseThatAreAskedFor(array $ssl, bool $tls12, bool $tls13): void
    {
        $this->serveTls('text', $ssl);

        self::assertSame($tls12, str_contains($this->look('-tls1_2')->output, 'New, TLSv1.2, Cipher is ECDHE'));
        self::assertSame($tls13, str_contains($this->look('-tls1_3')->output, 'New, TLSv1.3, Cipher is TLS'));
        self::assertStringContainsString('Cipher is (NONE)', $this->look('-tls1_1', '-cipher', 'DEFAULT@SECLEVEL=0')->output);
    }

    /** @return iterable<string, array{array<string, mixed>, bool, bool}> */
    public static function versions(): iterable
    {
        yield 'by default' => [[], true, true];
        yield 'crypto_method' => [['crypto_method' => STREAM_CRYPTO_METHOD_TLSv1_2_SERVER], true, false];
        yield 'min_proto_version' => [['min_proto_version' => STREAM_CRYPTO_PROTO_TLSv1_3], false, true];
    }

    public function testTheCiphersAreThoseThatAreAskedFor(): void
    {
        $this->serveTls('text', ['ciphers' => 'ECDHE-ECDSA-AES128-GCM-SHA256:DHE-RSA-AES256-SHA']);

        self::assertStringContainsString('Cipher is ECDHE-ECDSA-AES128-GCM-SHA256', $this->look('-tls1_2')->output);
        self::assertStringContainsString('Cipher is (NONE)', $this->look('-tls1_2', '-cipher', 'ECDHE-ECDSA-CHACHA20-POLY1305')->output);
    }

    public function testAServerBelievesClientsOfItsAuthority(): void
    {
        $server = $this->serveTls('text', ['verify_peer' => true, 'cafile' => $this->certificates->path('ca.pem')]);
        $client = fn (array $own): string => TextClient::secure($this->port, $own + $this->certificates->trust())->ask('hello');

        self::assertSame('5:hello', $client($this->certificates->sign('friend', 'friend')));

        $stranger = new Certificates();
        $own = $stranger->sign('stranger', 'stranger');
        foreach (['nobody' => [], 'a stranger' => $own] as $who => $identity) {
            try {
                @$client($identity);
                self::fail("$who was served");
            } catch (RuntimeException) {
            }
        }
        $stranger->remove();
        $server->waitForLog('/SSL handshake error: 127\.0\.0\.1:\d+: the peer has no certificate/');
    }

    public function testAKeyThatIsEncrypted(): void
    {
        $identity = $this->certificates->sign('localhost', 'server');
        $this->certificates->openssl('pkcs8', '-topk8', '-in', 'server.key', '-out', 'encrypted.key', '-passout', 'pass:secret');
        $this->serveTls('text', ['local_pk' => $this->certificates->path('encrypted.key'), 'passphrase' => 'secret'] + $identity);

        self::assertSame('5:hello', TextClient::secure($this->port, $this->certificates->trust())->ask('hello'));
    }

    public function testAKeyThatOnlyRootMayRead(): void
    {
        if (posix_getuid() !== 0) {
            self::markTestSkipped('only root can change the user');
        }
        $identity = $this->certificates->sign('localhost', 'server');
        chmod($identity['local_pk'], 0o600);
        $server = $this->serveTls('text', $identity, ['USER_NAME' => 'nobody']);

        self::assertSame('5:hello', TextClient::secure($this->port, $this->certificates->trust())->ask('hello'));
        self::assertSame('nobody', posix_getpwuid(fileowner("/proc/{$server->waitForWorkers(1)[0]}"))['name']);
    }
}
