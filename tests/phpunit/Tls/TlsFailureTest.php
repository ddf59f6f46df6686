<?php

declare(strict_types=1);

namespace Ouvrier\Tests\Tls;

use Ouvrier\Tests\Harness\Client\Connection;
use Ouvrier\Tests\Harness\Client\TextClient;
use Ouvrier\Tests\Harness\TlsTestCase;

/**
 * Services that cannot start, and clients that cannot be served.
 */
final class TlsFailureTest extends TlsTestCase
{
    /** @dataProvider mistakes */
    public function testAMistakeIsToldAtStart(array $ssl, string $message): void
    {
        $this->certificates->sign('localhost', 'server');
        $this->certificates->sign('localhost', 'other');
        $this->certificates->sign('localhost', 'expired', '20200102000000Z');
        $this->certificates->openssl('pkcs8', '-topk8', '-in', 'server.key', '-out', 'locked.key', '-passout', 'pass:secret');
        array_walk_recursive($ssl, fn (mixed &$value) => $value = is_string($value) ? str_replace('@', $this->certificates->directory, $value) : $value);

        $server = $this->launch(dirname(__DIR__) . '/fixtures/tls.php', ['start'], [
            'PORT' => $this->port, 'SCHEME' => 'http', 'SSL' => json_encode($ssl),
        ]);

        self::assertSame(1, $server->waitForExit());
        $message = str_replace('@', $this->certificates->directory, $message);
        self::assertStringContainsString("RuntimeException: http://127.0.0.1:$this->port: $message", $server->output());
    }

    /** @return iterable<string, array{array<string, mixed>, string}> */
    public static function mistakes(): iterable
    {
        $good = ['local_cert' => '@/server.pem', 'local_pk' => '@/server.key'];
        yield 'no certificate' => [[], 'there is no certificate: local_cert names the file of one'];
        yield 'no such file' => [['local_cert' => '@/none.pem'], 'cannot read @/none.pem: No such file or directory'];
        yield 'no key' => [['local_cert' => '@/server.pem'], '@/server.pem: holds no private key'];
        yield 'no PEM' => [['local_cert' => '@/ca.conf'], '@/ca.conf: holds no certificate'];
        yield 'another key' => [
            ['local_cert' => '@/server.pem', 'local_pk' => '@/other.key'],
            '@/other.key: the key does not belong to the certificate in @/server.pem',
        ];
        yield 'expired' => [
            ['local_cert' => '@/expired.pem', 'local_pk' => '@/expired.key'],
            '@/expired.pem: the certificate has expired on 2020-01-02',
        ];
        yield 'an unknown option' => [$good + ['local_crt' => 'x'], 'the ssl option local_crt is not known'];
        yield 'an old version' => [$good + ['crypto_method' => STREAM_CRYPTO_METHOD_TLSv1_1_SERVER], 'only TLS 1.2 and TLS 1.3 are spoken'];
        yield 'weak ciphers' => [$good + ['ciphers' => 'RC4-SHA'], 'of the ciphers "RC4-SHA" none is available'];
        yield 'no authority' => [$good + ['verify_peer' => true, 'cafile' => '@/none.pem'], 'cannot read @/none.pem'];
        yield 'a wrong passphrase' => [
            ['local_cert' => '@/server.pem', 'local_pk' => '@/locked.key', 'passphrase' => 'wrong'],
            '@/locked.key: the passphrase does not open the key',
        ];
        yield 'no passphrase' => [
            ['local_cert' => '@/server.pem', 'local_pk' => '@/locked.key'],
            '@/locked.key: the key is encrypted, and there is no passphrase',
        ];
        yield 'a name without a certificate' => [$good + ['SNI_server_certs' => ['a.test' => ['local_pk' => 'x']]], 'SNI_server_certs has no local_cert for a.test'];
        yield 'names that are no array' => [$good + ['SNI_server_certs' => 'x'], 'the ssl option SNI_server_certs has to be an array'];
        yield 'a name for nobody' => [$good + ['verify_peer_name' => true, 'peer_name' => 'x'], 'the ssl option verify_peer_name of a server needs verify_peer'];
        yield 'a fingerprint of nobody' => [$good + ['peer_fingerprint' => sha1('x')], 'the ssl option peer_fingerprint of a server needs verify_peer'];
        yield 'no fingerprint' => [$good + ['verify_peer' => true, 'peer_fingerprint' => []], 'the ssl option peer_fingerprint is an empty array'];
        yield 'a security level' => [$good + ['security_level' => 3], 'the security_level can be 2 at most'];
        yield 'not a string' => [['local_cert' => ['x']], 'the ssl option local_cert has to be a string'];
    }

    public function testAClientWithoutTlsIsClosedAndTheLogIsNotFilled(): void
    {
        $server = $this->serveTls('text');

        for ($i = 0; $i < 50; $i++) {
            Connection::to($this->port)->write("hello\n")->readToEnd();
        }

        $server->waitForLog('/onClose$/m', 50);
        $server->waitForLog('/SSL handshake error: 127\.0\.0\.1:\d+: the peer does not speak TLS$/m');
        self::assertLessThan(5, substr_count($server->log(), 'SSL handshake error'));
        self::assertSame('5:hello', TextClient::secure($this->port, $this->certificates->trust())->ask('hello'));
    }

    public function testAClientThatOnlyConnectsIsNoError(): void
    {
        $server = $this->serveTls('text');

        Connection::to($this->port)->close();

        $server->waitForLog('/onClose$/m');
        self::assertStringNotContainsString('SSL handshake error', $server->log());
    }
}
