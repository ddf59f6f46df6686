<?php

declare(strict_types=1);

namespace Ouvrier\Tests\Harness;

use RuntimeException;

/**
 * A certificate that has signed itself, for localhost and 127.0.0.1, with its key in the same file. It is made for one test and removed with it.
 */
final class Certificate
{
    public readonly string $file;

    public function __construct()
    {
        $this->file = tempnam(sys_get_temp_dir(), 'ouvrier-certificate-');
        $key = tempnam(sys_get_temp_dir(), 'ouvrier-key-');
        exec(sprintf(
            'openssl req -x509 -nodes -newkey ec -pkeyopt ec_paramgen_curve:P-256 -subj /CN=localhost -days 2'
            . ' -addext subjectAltName=DNS:localhost,IP:127.0.0.1 -keyout %s -out %s 2>&1',
            escapeshellarg($key),
            escapeshellarg($this->file),
        ), $output, $status);
        file_put_contents($this->file, (string) file_get_contents($key), FILE_APPEND);
        unlink($key);
        if ($status !== 0) {
            throw new RuntimeException("openssl: " . implode("\n", $output));
        }
    }

    public function __destruct()
    {
        unlink($this->file);
    }
}
