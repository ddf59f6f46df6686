<?php

declare(strict_types=1);

namespace Ouvrier\Tests\Composer;

use PHPUnit\Framework\TestCase;

/**
 * What a release holds for PIE.
 */
final class PackageTest extends TestCase
{
    private const ROOT = __DIR__ . '/../../..';

    private string $folder;

    protected function setUp(): void
    {
        $this->folder = sys_get_temp_dir() . '/ouvrier-package-' . bin2hex(random_bytes(6));
        mkdir($this->folder);
    }

    protected function tearDown(): void
    {
        shell_exec('rm -rf ' . escapeshellarg($this->folder));
    }

    public function testTheArchiveHasTheNameThatPieLooksForAndAnExtensionThatLoads(): void
    {
        [$code, $output] = $this->package(self::ROOT . '/target/release/libouvrier.so');

        self::assertSame(0, $code, $output);
        $machine = ['aarch64' => 'arm64'][php_uname('m')] ?? php_uname('m');
        $php = PHP_MAJOR_VERSION . '.' . PHP_MINOR_VERSION;
        $options = (PHP_DEBUG ? '-debug' : '') . (PHP_ZTS ? '-zts' : '');
        self::assertMatchesRegularExpression(
            "~^$this->folder/php_ouvrier-v1\.2\.3_php$php-$machine-linux-(glibc|musl)$options\.tgz$~",
            $output,
        );
        exec('tar -C ' . escapeshellarg($this->folder) . ' -xzf ' . escapeshellarg($output));
        $load = [PHP_BINARY, '-n', '-d', "extension=$this->folder/ouvrier.so", '-r', 'echo Workerman\Worker::VERSION;'];
        self::assertNotSame('', (string) shell_exec(implode(' ', array_map('escapeshellarg', $load))));
    }

    public function testWhatPhpDoesNotLoadIsNotPacked(): void
    {
        file_put_contents("$this->folder/libouvrier.so", 'no extension');

        [$code] = $this->package("$this->folder/libouvrier.so");

        self::assertNotSame(0, $code);
        self::assertSame([], glob("$this->folder/*.tgz"));
    }

    /** @return array{int, string} exit code and output */
    private function package(string $library): array
    {
        $command = [self::ROOT . '/scripts/package', $library, 'v1.2.3', $this->folder];
        exec(implode(' ', array_map('escapeshellarg', $command)) . ' 2>&1', $lines, $code);

        return [$code, implode("\n", $lines)];
    }
}
