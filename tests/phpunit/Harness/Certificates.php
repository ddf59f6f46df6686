<?php

declare(strict_types=1);

namespace Ouvrier\Tests\Harness;

/**
 * Certificates for one test, made with the `openssl` command in a directory of their own: an authority, and what it has signed.
 */
final class Certificates
{
    private const KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];

    private const CONFIGURATION = <<<'CONFIGURATION'
        [ca]
        default_ca = test
        [test]
        certificate = ca.pem
        private_key = ca.key
        database = index.txt
        rand_serial = yes
        new_certs_dir = .
        default_md = sha256
        policy = anything
        copy_extensions = copy
        unique_subject = no
        [anything]
        commonName = supplied
        CONFIGURATION;

    public readonly string $directory;

    public function __construct()
    {
        $this->directory = sys_get_temp_dir() . '/ouvrier-certificates-' . bin2hex(random_bytes(6));
        mkdir($this->directory, 0o700);
        file_put_contents($this->path('ca.conf'), self::CONFIGURATION);
        touch($this->path('index.txt'));
        $this->openssl('req', '-x509', '-subj', "/CN=" . basename($this->directory), '-keyout', 'ca.key', '-out', 'ca.pem', ...self::KEY);
    }

    /**
     * Makes `$file.pem` and `$file.key` for a host name; what was there is replaced.
     *
     * @return array{local_cert: string, local_pk: string}
     */
    public function sign(string $name, string $file, string $end = '20491231235959Z'): array
    {
        $names = filter_var($name, FILTER_VALIDATE_IP) ? "IP:$name" : "DNS:$name";
        $this->openssl('req', '-subj', "/CN=$name", '-addext', "subjectAltName=$names", '-keyout', "$file.key", '-out', "$file.csr", ...self::KEY);
        $this->openssl('ca', '-batch', '-notext', '-config', 'ca.conf', '-in', "$file.csr", '-out', "$file.pem", '-startdate', '20200101000000Z', '-enddate', $end);
        return $this->identity($file);
    }

    /**
     * As {@see sign()}, by an intermediate authority, whose certificate follows in `$file.pem`.
     *
     * @return array{local_cert: string, local_pk: string}
     */
    public function signByIntermediate(string $name, string $file): array
    {
        $this->openssl('req', '-subj', '/CN=intermediate', '-addext', 'basicConstraints=critical,CA:TRUE', '-keyout', 'between.key', '-out', 'between.csr', ...self::KEY);
        $this->openssl('x509', '-req', '-in', 'between.csr', '-copy_extensions', 'copy', '-CA', 'ca.pem', '-CAkey', 'ca.key', '-out', 'between.pem');
        $this->openssl('req', '-subj', "/CN=$name", '-addext', "subjectAltName=DNS:$name", '-keyout', "$file.key", '-out', "$file.csr", ...self::KEY);
        $this->openssl('x509', '-req', '-in', "$file.csr", '-copy_extensions', 'copy', '-CA', 'between.pem', '-CAkey', 'between.key', '-out', "$file.pem");
        file_put_contents($this->path("$file.pem"), (string) file_get_contents($this->path('between.pem')), FILE_APPEND);
        return $this->identity($file);
    }

    /**
     * A certificate that has signed itself.
     *
     * @return array{local_cert: string, local_pk: string}
     */
    public function signItself(string $name, string $file): array
    {
        $this->openssl('req', '-x509', '-subj', "/CN=$name", '-addext', "subjectAltName=DNS:$name", '-keyout', "$file.key", '-out', "$file.pem", ...self::KEY);
        return $this->identity($file);
    }

    /** A directory as `openssl rehash` makes it, with the authority in it. */
    public function authorities(): string
    {
        $directory = $this->path('authorities');
        mkdir($directory);
        copy($this->path('ca.pem'), "$directory/ca.pem");
        $this->openssl('rehash', $directory);
        return $directory;
    }

    /** The hash of the certificate in `$file.pem`, in hexadecimal digits. */
    public function fingerprint(string $file, string $algorithm): string
    {
        return (string) openssl_x509_fingerprint((string) file_get_contents($this->path("$file.pem")), $algorithm);
    }

    /** @return array{local_cert: string, local_pk: string} */
    public function identity(string $file): array
    {
        return ['local_cert' => $this->path("$file.pem"), 'local_pk' => $this->path("$file.key")];
    }

    public function path(string $file): string
    {
        return "$this->directory/$file";
    }

    /** What the peer of this test sees when it trusts the authority. */
    public function trust(string $name = 'localhost'): array
    {
        return ['cafile' => $this->path('ca.pem'), 'peer_name' => $name];
    }

    public function openssl(string ...$words): CommandResult
    {
        $result = CommandResult::of(['openssl', ...$words], $this->directory);
        if ($result->exitCode !== 0) {
            throw new \RuntimeException("openssl $words[0] has failed:\n$result->output");
        }
        return $result;
    }

    public function remove(): void
    {
        exec('rm -r ' . escapeshellarg($this->directory));
    }
}
