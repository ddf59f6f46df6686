<?php

declare(strict_types=1);

namespace Ouvrier\Tests\Tls;

use Closure;
use Ouvrier\Tests\Harness\Certificates;
use Ouvrier\Tests\Harness\Client\TextClient;
use Ouvrier\Tests\Harness\CommandResult;
use Ouvrier\Tests\Harness\Port;
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

        self::assertStringContainsString('CN=one.test', $this->look('-servername', 'one.test')->output);
        self::assertStringContainsString('CN=*.many.test', $this->look('-servername', 'www.many.test')->output);
        self::assertStringContainsString('CN=localhost', $this->look('-servername', 'two.test')->output);
        self::assertStringContainsString('CN=localhost', $this->look('-noservername')->output);
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

    /**
     * @dataProvider judgements
     *
     * @param Closure(Certificates): array<string, mixed> $ssl
     * @param Closure(Certificates): array{local_cert: string, local_pk: string} $identity of the client
     */
    public function testClientsAreJudgedAsPhpJudgesThem(Closure $ssl, Closure $identity, ?string $refusal): void
    {
        $own = $identity($this->certificates);
        $server = $this->serveTls('http', ['verify_peer' => true] + $ssl($this->certificates));

        $answer = CommandResult::of([
            'curl', '-sS', '--cacert', $this->certificates->path('ca.pem'), '--cert', $own['local_cert'], '--key', $own['local_pk'],
            "https://localhost:$this->port/hello",
        ]);

        if ($refusal === null) {
            self::assertSame('6:/hello', $answer->output);
        } else {
            self::assertNotSame(0, $answer->exitCode, $answer->output);
            $server->waitForLog('/SSL handshake error: 127\.0\.0\.1:\d+: ' . preg_quote($refusal) . '$/m');
        }
    }

    /** @return iterable<string, array{Closure, Closure, ?string}> */
    public static function judgements(): iterable
    {
        $friend = static fn (Certificates $c): array => $c->sign('friend.test', 'friend');
        $chain = static fn (Certificates $c): array => $c->signByIntermediate('friend.test', 'friend');
        $selfSigned = static fn (Certificates $c): array => $c->signItself('friend.test', 'friend');
        $expired = static fn (Certificates $c): array => $c->sign('friend.test', 'friend', '20200102000000Z');
        $trusting = static fn (array $more): Closure => static fn (Certificates $c): array => ['cafile' => $c->path('ca.pem')] + $more;
        $named = static fn (string $name): Closure => $trusting(['peer_name' => $name, 'verify_peer_name' => true]);

        yield 'capath' => [static fn (Certificates $c): array => ['capath' => $c->authorities()], $friend, null];
        yield 'an expired certificate' => [$trusting([]), $expired, 'the certificate has expired'];
        yield 'self-signed' => [$trusting([]), $selfSigned, 'the certificate is refused: it has signed itself'];
        yield 'self-signed and allowed' => [$trusting(['allow_self_signed' => true]), $selfSigned, null];
        yield 'verify_depth' => [$trusting(['verify_depth' => 1]), $friend, null];
        yield 'verify_depth and a chain' => [
            $trusting(['verify_depth' => 1]),
            $chain,
            'the certificate is refused: the chain of certificates is longer than verify_depth',
        ];
        yield 'the name that is expected' => [$named('friend.test'), $friend, null];
        yield 'another name' => [$named('stranger.test'), $friend, 'the certificate is for another name'];
        yield 'the fingerprint' => [
            static fn (Certificates $c): array => ['cafile' => $c->path('ca.pem'), 'peer_fingerprint' => ['sha256' => $c->fingerprint('friend', 'sha256')]],
            $friend,
            null,
        ];
        yield 'another fingerprint' => [
            $trusting(['peer_fingerprint' => sha1('x')]),
            $friend,
            'the certificate is refused: the certificate has not the peer_fingerprint',
        ];
    }

    public function testAChainIsShownWhole(): void
    {
        $this->serveTls('text', $this->certificates->signByIntermediate('localhost', 'server'));

        $seen = $this->look('-showcerts', '-verify_hostname', 'localhost')->output;

        self::assertStringContainsString('Verification: OK', $seen);
        self::assertStringContainsString('s:CN=intermediate', $seen);
    }

    public function testNamesCanBeSwitchedOff(): void
    {
        $one = $this->certificates->sign('one.test', 'one');
        $this->serveTls('text', ['SNI_server_certs' => ['one.test' => $one], 'SNI_enabled' => false]);

        self::assertStringContainsString('CN=localhost', $this->look('-servername', 'one.test')->output);
    }

    public function testWithoutACertificateForAnyNameOthersAreRefused(): void
    {
        $one = $this->certificates->sign('one.test', 'one');
        $this->serve('tls', ['SCHEME' => 'text', 'SSL' => json_encode(['SNI_server_certs' => ['one.test' => $one]])]);

        self::assertStringContainsString('CN=one.test', $this->look('-servername', 'One.Test')->output);
        self::assertStringContainsString('no peer certificate available', $this->look('-servername', 'two.test')->output);
    }

    /** @dataProvider applicationProtocols */
    public function testTheApplicationProtocolIsAgreedOn(string $scheme, array $ssl, string $offered, string $seen): void
    {
        $this->serveTls($scheme, $ssl);

        self::assertStringContainsString($seen, $this->look('-alpn', $offered)->output);
    }

    /** @return iterable<string, array{string, array<string, mixed>, string, string}> */
    public static function applicationProtocols(): iterable
    {
        yield 'http' => ['http', [], 'h2,http/1.1', 'ALPN protocol: http/1.1'];
        yield 'http, nothing in common' => ['http', [], 'h2', 'alert no application protocol'];
        yield 'text has none' => ['text', [], 'http/1.1', 'No ALPN negotiated'];
        yield 'as the script says' => ['text', ['alpn_protocols' => 'mqtt,xmpp'], 'xmpp,mqtt', 'ALPN protocol: mqtt'];
    }

    public function testTheCurveAndTheOrderAreTheServers(): void
    {
        $this->serveTls('text', [
            'ecdh_curve' => 'secp384r1',
            'honor_cipher_order' => true,
            'ciphers' => 'ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-ECDSA-AES128-GCM-SHA256',
        ]);

        $seen = $this->look('-tls1_2', '-cipher', 'ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-CHACHA20-POLY1305')->output;

        self::assertStringContainsString('Cipher is ECDHE-ECDSA-CHACHA20-POLY1305', $seen);
        self::assertStringContainsString('Temp Key: ECDH, secp384r1, 384 bits', $seen);
        self::assertStringContainsString('Cipher is (NONE)', $this->look('-groups', 'X25519')->output);
    }

    public function testWithoutTicketsSessionsAreNotResumed(): void
    {
        $session = $this->certificates->path('session');
        foreach ([[false, 'Reused, TLSv1.2'], [true, 'New, TLSv1.2']] as [$noTicket, $seen]) {
            $this->port = Port::free();
            $this->serveTls('text', ['no_ticket' => $noTicket]);
            $this->look('-tls1_2', '-sess_out', $session);
            self::assertStringContainsString($seen, $this->look('-tls1_2', '-sess_in', $session)->output);
        }
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
