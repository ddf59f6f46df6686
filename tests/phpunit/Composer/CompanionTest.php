<?php

declare(strict_types=1);

namespace Ouvrier\Tests\Composer;

use PHPUnit\Framework\TestCase;

/**
 * Applications that require workerman/workerman install beside the extension, without it.
 */
final class CompanionTest extends TestCase
{
    private string $directory;

    protected function setUp(): void
    {
        if ((string) shell_exec('command -v composer') === '') {
            self::markTestSkipped('Composer is not installed.');
        }
        $this->directory = sys_get_temp_dir() . '/ouvrier-companion-' . bin2hex(random_bytes(6));
        mkdir("$this->directory/package", recursive: true);
    }

    protected function tearDown(): void
    {
        shell_exec('rm -rf ' . escapeshellarg($this->directory));
    }

    public function testItStandsForWorkermanBesideThePackagesThatWantIt(): void
    {
        $this->write('package/composer.json', [
            'name' => 'test/package',
            'version' => '1.0.0',
            'require' => ['workerman/workerman' => '^5.1', 'workerman/coroutine' => '^1.1'],
        ]);
        mkdir("$this->directory/coroutine");
        $this->write('coroutine/composer.json', [
            'name' => 'workerman/coroutine',
            'version' => '1.1.5',
            'require' => ['workerman/workerman' => '^5.1'],
        ]);
        $this->write('composer.json', [
            'require' => ['test/package' => '1.0.0', 'ouvrier/workerman' => '^5.2'],
            'repositories' => [
                ['type' => 'path', 'url' => dirname(__DIR__, 3) . '/companion'],
                ['type' => 'path', 'url' => './package'],
                ['type' => 'path', 'url' => './coroutine'],
                ['packagist.org' => false],
            ],
        ]);
        file_put_contents("$this->directory/show.php", <<<'PHP'
            <?php
            require __DIR__ . '/vendor/autoload.php';
            echo json_encode([
                Composer\InstalledVersions::isInstalled('workerman/workerman'),
                Composer\InstalledVersions::getVersionRanges('workerman/workerman'),
                Composer\InstalledVersions::getPrettyVersion('workerman/coroutine'),
                (new ReflectionClass(Workerman\Worker::class))->isInternal(),
            ]);
            PHP);

        $this->execute('composer install --no-interaction');

        self::assertSame('[true,"5.2.2","1.1.5",true]', $this->execute('php show.php'));
    }

    /** Runs a command in the directory of the application, and returns what it prints. */
    private function execute(string $command): string
    {
        exec('cd ' . escapeshellarg($this->directory) . " && $command 2>&1", $lines, $code);
        self::assertSame(0, $code, "$command: " . implode("\n", $lines));
        return implode("\n", $lines);
    }

    /** @param array<string, mixed> $content */
    private function write(string $file, array $content): void
    {
        file_put_contents("$this->directory/$file", json_encode($content, JSON_THROW_ON_ERROR));
    }
}
