<?php

declare(strict_types=1);

namespace Ouvrier\Tests\Client;

use Closure;
use Ouvrier\Tests\Harness\Certificates;
use Ouvrier\Tests\Harness\Client\Acceptor;
use Ouvrier\Tests\Harness\Client\Puppet;
use Ouvrier\Tests\Harness\TlsTestCase;

/**
 * Whom clients believe, and what they tell of themselves. The other end is OpenSSL, through PHP's own streams.
 */
final class TlsTrustTest extends TlsTestCase
{
    private const REFUSED_NAME = 'the certificate is for another name';
    private const REFUSED_AUTHORITY = 'the certificate is not signed by a trusted authority';
    private const REFUSED_DEPTH = 'the certificate is refused: the chain of certificates is longer than verify_depth';
    private const REFUSED_FINGERPRINT = 'the certificate is refused: the certificate has not the peer_fingerprint';

    private Puppet $puppet;

    /**
     * @dataProvider judgements
     *
     * @param Closure(Certificates): array{local_cert: string, local_pk: string} $identity of the server
     * @param Closure(Certificates): array<string, mixed> $ssl options of the client
     */
    public function testTheCertificateOfTheServerIsJudgedAsPhpJudgesIt(Closure $identity, Closure $ssl, ?string $refusal): void
    {
        $this->startClient();
        $peer = new Acceptor('ssl://127.0.0.1:0', ['ssl' => $identity($this->certificates)]);
        $this->connectTo($peer, $ssl($this->certificates));

        $refusal === null ? $this->expectConnection($peer) : $this->expectRefusal($peer, $refusal);
    }

    /** @return iterable<string, array{Closure, Closure, ?string}> */
    public static function judgements(): iterable
    {
        $good = static fn (Certificates $c): array => $c->sign('localhost', 'server');
        $chain = static fn (Certificates $c): array => $c->signByIntermediate('localhost', 'server');
        $selfSigned = static fn (Certificates $c): array => $c->signItself('localhost', 'server');
        $expired = static fn (Certificates $c): array => $c->sign('localhost', 'server', '20200102000000Z');
        $trusting = static fn (array $more): Closure => static fn (Certificates $c): array => ['cafile' => $c->path('ca.pem')] + $more;
        $only = static fn (array $options): Closure => static fn (): array => $options;
        $blind = ['verify_peer' => false, 'verify_peer_name' => false];
        $fingerprint = static fn (Closure $value, array $more = []): Closure => static fn (Certificates $c): array => [
            'peer_fingerprint' => $value($c),
        ] + $more + ['cafile' => $c->path('ca.pem')];

        yield 'an authority in cafile' => [$good, $trusting([]), null];
        yield 'another authority' => [$good, $only([]), self::REFUSED_AUTHORITY];
        yield 'nobody is asked' => [$good, $only($blind), null];

        yield 'capath' => [$good, static fn (Certificates $c): array => ['capath' => $c->authorities()], null];
        yield 'capath without the authority' => [
            $good,
            static fn (Certificates $c): array => ['capath' => dirname((new Certificates())->path('ca.pem'))],
            self::REFUSED_AUTHORITY,
        ];

        yield 'another host' => [$good, $trusting(['peer_name' => 'elsewhere.test']), self::REFUSED_NAME];
        yield 'another host, whose name does not matter' => [$good, $trusting(['peer_name' => 'elsewhere.test', 'verify_peer_name' => false]), null];
        yield 'another host, of whom only the name matters' => [$good, $only(['peer_name' => 'elsewhere.test', 'verify_peer' => false]), self::REFUSED_NAME];
        yield 'the host, of whom only the name matters' => [$good, $only(['verify_peer' => false]), null];

        yield 'an expired certificate' => [$expired, $trusting([]), 'the certificate has expired'];
        yield 'an expired certificate, unasked' => [$expired, $only($blind), null];

        yield 'self-signed' => [$selfSigned, $trusting([]), 'the certificate is refused: it has signed itself'];
        yield 'self-signed and allowed' => [$selfSigned, $trusting(['allow_self_signed' => true]), null];
        yield 'self-signed and allowed, for another name' => [
            $selfSigned,
            $trusting(['allow_self_signed' => true, 'peer_name' => 'elsewhere.test']),
            self::REFUSED_NAME,
        ];
        yield 'self-signed and named' => [$selfSigned, static fn (Certificates $c): array => ['cafile' => $c->path('server.pem')], null];

        yield 'a chain' => [$chain, $trusting([]), null];
        yield 'verify_depth counts the authority' => [$good, $trusting(['verify_depth' => 0]), self::REFUSED_DEPTH];
        yield 'verify_depth of a direct signature' => [$good, $trusting(['verify_depth' => 1]), null];
        yield 'verify_depth counts those between' => [$chain, $trusting(['verify_depth' => 1]), self::REFUSED_DEPTH];
        yield 'verify_depth of a chain' => [$chain, $trusting(['verify_depth' => 2]), null];

        $of = static fn (string $algorithm): Closure => static fn (Certificates $c): string => $c->fingerprint('server', $algorithm);
        yield 'a sha1 fingerprint' => [$good, $fingerprint($of('sha1')), null];
        yield 'in capitals' => [$good, $fingerprint(static fn (Certificates $c): string => strtoupper($c->fingerprint('server', 'sha1'))), null];
        yield 'a sha256 fingerprint' => [$good, $fingerprint($of('sha256')), null];
        yield 'several fingerprints' => [
            $good,
            $fingerprint(static fn (Certificates $c): array => [
                'sha1' => $c->fingerprint('server', 'sha1'),
                'SHA256' => $c->fingerprint('server', 'sha256'),
                'sha512' => $c->fingerprint('server', 'sha512'),
            ]),
            null,
        ];
        yield 'another fingerprint' => [$good, $fingerprint(static fn (): string => sha1('x')), self::REFUSED_FINGERPRINT];
        yield 'one of several is another' => [
            $good,
            $fingerprint(static fn (Certificates $c): array => [
                'sha1' => $c->fingerprint('server', 'sha1'),
                'sha256' => hash('sha256', 'x'),
            ]),
            self::REFUSED_FINGERPRINT,
        ];
        yield 'only the fingerprint matters' => [$good, $fingerprint($of('sha256'), $blind), null];
        yield 'only the fingerprint matters, and it is another' => [
            $good,
            $fingerprint(static fn (): array => ['sha384' => hash('sha384', 'x')], $blind),
            self::REFUSED_FINGERPRINT,
        ];
    }

    /** @dataProvider stores */
    public function testWithoutAFileTheAuthoritiesOfTheSystemAreTrusted(Closure $environment, Closure $settings): void
    {
        $identity = $this->certificates->sign('localhost', 'server');
        $this->startClient($environment($this->certificates), $settings($this->certificates));
        $peer = new Acceptor('ssl://127.0.0.1:0', ['ssl' => $identity]);

        $this->connectTo($peer, []);
        $this->expectConnection($peer);
    }

    /** @return iterable<string, array{Closure, Closure}> */
    public static function stores(): iterable
    {
        $nothing = static fn (): array => [];
        yield 'SSL_CERT_FILE' => [static fn (Certificates $c): array => ['SSL_CERT_FILE' => $c->path('ca.pem')], $nothing];
        yield 'a certificate of its own in SSL_CERT_FILE' => [static fn (Certificates $c): array => ['SSL_CERT_FILE' => $c->path('server.pem')], $nothing];
        yield 'SSL_CERT_DIR' => [static fn (Certificates $c): array => ['SSL_CERT_DIR' => $c->authorities()], $nothing];
        yield 'openssl.cafile' => [$nothing, static fn (Certificates $c): array => ['openssl.cafile' => $c->path('ca.pem')]];
        yield 'openssl.capath' => [$nothing, static fn (Certificates $c): array => ['openssl.capath' => $c->authorities()]];
    }

    public function testFilesThatHaveBeenRenewedAreReadAnew(): void
    {
        $this->startClient();
        $peer = new Acceptor('ssl://127.0.0.1:0', ['ssl' => $this->certificates->sign('localhost', 'server')]);
        $stranger = new Certificates();
        copy($stranger->path('ca.pem'), $this->certificates->path('trusted.pem'));
        $trusting = ['cafile' => $this->certificates->path('trusted.pem')];

        $this->connectTo($peer, $trusting);
        $this->expectRefusal($peer, self::REFUSED_AUTHORITY);

        copy($this->certificates->path('ca.pem'), $this->certificates->path('trusted.pem'));
        $this->connectTo($peer, $trusting);
        $this->expectConnection($peer);
        $stranger->remove();
    }

    public function testAClientShowsACertificateOfItsOwn(): void
    {
        $this->startClient();
        $friend = $this->certificates->sign('friend', 'friend');
        $this->certificates->openssl('pkcs8', '-topk8', '-in', 'friend.key', '-out', 'locked.key', '-passout', 'pass:secret');
        $locked = ['local_pk' => $this->certificates->path('locked.key'), 'passphrase' => 'secret'] + $friend;
        $peer = $this->suspiciousPeer();

        foreach ([$friend, $locked] as $identity) {
            $this->connectTo($peer, ['cafile' => $this->certificates->path('ca.pem')] + $identity);
            $this->expectConnection($peer);
        }
    }

    public function testAClientThatTheServerDoesNotBelieveIsToldSo(): void
    {
        $this->startClient();
        $trusting = ['cafile' => $this->certificates->path('ca.pem'), 'crypto_method' => STREAM_CRYPTO_METHOD_TLSv1_2_CLIENT];
        $stranger = new Certificates();
        $peer = $this->suspiciousPeer();

        $this->connectTo($peer, $trusting + $stranger->sign('stranger', 'stranger'));
        $this->expectRefusal($peer, 'the peer does not trust the authority of the certificate');
        $stranger->remove();
    }

    public function testTheServerIsToldWhichNameIsWanted(): void
    {
        $this->startClient();
        $peer = new Acceptor('ssl://127.0.0.1:0', ['ssl' => $this->certificates->sign('localhost', 'server') + [
            'SNI_server_certs' => ['one.test' => $this->certificates->sign('one.test', 'one')],
        ]]);
        $wanted = ['cafile' => $this->certificates->path('ca.pem'), 'peer_name' => 'one.test'];

        $this->connectTo($peer, $wanted);
        $this->expectConnection($peer);

        $this->connectTo($peer, $wanted + ['SNI_enabled' => false]);
        $this->expectRefusal($peer, self::REFUSED_NAME);
    }

    /** @dataProvider agreements */
    public function testWhatTheTwoAgreeOn(array $ssl, array $agreed): void
    {
        $this->startClient();
        $peer = new Acceptor('ssl://127.0.0.1:0', ['ssl' => $this->certificates->sign('localhost', 'server') + ['alpn_protocols' => 'mqtt,xmpp']]);

        $this->connectTo($peer, $ssl + ['cafile' => $this->certificates->path('ca.pem')]);
        $crypto = $peer->accept()->crypto();

        self::assertSame($agreed, array_intersect_key($crypto, $agreed));
    }

    /** @return iterable<string, array{array<string, mixed>, array<string, mixed>}> */
    public static function agreements(): iterable
    {
        yield 'by default' => [[], ['protocol' => 'TLSv1.3', 'cipher_name' => 'TLS_AES_256_GCM_SHA384']];
        yield 'crypto_method' => [['crypto_method' => STREAM_CRYPTO_METHOD_TLSv1_2_CLIENT], ['protocol' => 'TLSv1.2']];
        yield 'any crypto_method' => [['crypto_method' => STREAM_CRYPTO_METHOD_ANY_CLIENT], ['protocol' => 'TLSv1.3']];
        yield 'max_proto_version' => [['max_proto_version' => STREAM_CRYPTO_PROTO_TLSv1_2], ['protocol' => 'TLSv1.2']];
        yield 'ciphers of TLS 1.2' => [
            ['ciphers' => 'ECDHE+CHACHA20:!aNULL', 'max_proto_version' => STREAM_CRYPTO_PROTO_TLSv1_2],
            ['cipher_name' => 'ECDHE-ECDSA-CHACHA20-POLY1305'],
        ];
        yield 'ciphers of TLS 1.3' => [['ciphers' => 'TLS_CHACHA20_POLY1305_SHA256'], ['cipher_name' => 'TLS_CHACHA20_POLY1305_SHA256']];
        yield 'alpn_protocols' => [['alpn_protocols' => 'xmpp'], ['alpn_protocol' => 'xmpp']];
    }

    /** @dataProvider mistakes */
    public function testAMistakeIsAnException(array $ssl, string $message): void
    {
        $this->startClient();
        $this->puppet->make('c', 'ssl://127.0.0.1:1', [], ['context' => ['ssl' => $ssl]]);

        self::assertSame("RuntimeException: transport ssl: $message", $this->puppet->call('c', 'connect'));
    }

    /** @return iterable<string, array{array<string, mixed>, string}> */
    public static function mistakes(): iterable
    {
        $hash = 'the ssl option peer_fingerprint has to be a hash in hexadecimal digits, sha1 or sha256, or an array with sha1, sha256, sha384 or sha512 as keys';
        yield 'no such file' => [['cafile' => '/nowhere/ca.pem'], 'cannot read /nowhere/ca.pem: No such file or directory (os error 2)'];
        yield 'no such directory' => [['capath' => '/nowhere'], 'cannot read /nowhere: No such file or directory (os error 2)'];
        yield 'md5' => [['peer_fingerprint' => md5('x')], $hash];
        yield 'an unknown algorithm' => [['peer_fingerprint' => ['crc32' => '00000000']], $hash];
        yield 'no fingerprint' => [['peer_fingerprint' => []], 'the ssl option peer_fingerprint is an empty array'];
        yield 'a key without a certificate' => [['local_pk' => '/nowhere/own.key'], 'the ssl option local_pk needs a local_cert'];
        yield 'too old' => [
            ['crypto_method' => STREAM_CRYPTO_METHOD_TLSv1_0_CLIENT],
            'only TLS 1.2 and TLS 1.3 are spoken, and the ssl options crypto_method, min_proto_version and max_proto_version leave neither',
        ];
        yield 'an unknown cipher' => [['ciphers' => 'STRONG'], 'the cipher keyword STRONG is not known'];
        yield 'a curve' => [['ecdh_curve' => 'brainpoolP256r1'], 'the curve brainpoolP256r1 is not available; there are X25519, prime256v1 and secp384r1'];
        yield 'security_level' => [['security_level' => 3], 'the security_level can be 2 at most'];
        yield 'capture_peer_cert' => [['capture_peer_cert' => true], 'the ssl option capture_peer_cert is not known'];
    }

    /**
     * @param array<string, string> $environment
     * @param array<string, string> $settings
     */
    private function startClient(array $environment = [], array $settings = []): void
    {
        $this->serve('client', $environment, $settings);
        $this->puppet = new Puppet($this->port);
    }

    /** A server that wants clients of its own authority. */
    private function suspiciousPeer(): Acceptor
    {
        return new Acceptor('ssl://127.0.0.1:0', ['ssl' => $this->certificates->sign('localhost', 'server') + [
            'verify_peer' => true, 'cafile' => $this->certificates->path('ca.pem'),
        ]]);
    }

    /** @param array<string, mixed> $ssl */
    private function connectTo(Acceptor $peer, array $ssl): void
    {
        $port = explode(':', $peer->address())[1];
        self::assertSame('INITIAL', $this->puppet->make('c', "ssl://localhost:$port", [], ['context' => ['ssl' => $ssl]]));
        $this->puppet->call('c', 'connect');
    }

    private function expectConnection(Acceptor $peer): void
    {
        $connection = $peer->accept();
        self::assertSame('connect', $this->puppet->next('c')[0]);
        $connection->write('hello');
        self::assertSame(['message', 'hello'], $this->puppet->next('c'));
        $this->puppet->call('c', 'destroy');
        self::assertSame('close', $this->puppet->next('c')[0]);
    }

    private function expectRefusal(Acceptor $peer, string $reason): void
    {
        $peer->refuse();
        [$event, $code, $message] = $this->puppet->next('c');
        self::assertSame(['error', 1], [$event, $code]);
        self::assertStringEndsWith(" seconds: TLS: $reason", $message);
        self::assertSame('close', $this->puppet->next('c')[0]);
    }
}
