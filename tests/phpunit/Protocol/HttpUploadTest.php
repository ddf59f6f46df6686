<?php

declare(strict_types=1);

namespace Ouvrier\Tests\Protocol;

use Ouvrier\Tests\Harness\ServerProcess;
use Ouvrier\Tests\Harness\ServerTestCase;
use Ouvrier\Tests\Harness\Wait;

/**
 * What curl uploads, as browsers do.
 */
final class HttpUploadTest extends ServerTestCase
{
    private ServerProcess $server;

    protected function setUp(): void
    {
        parent::setUp();
        $this->server = $this->serve('uploads');
    }

    public function testFieldsAndFilesArriveAsTheyWere(): void
    {
        $content = random_bytes(1 << 20) . "\r\n--";
        $photo = $this->file('photo of "me".png', $content);
        $empty = $this->file('empty.txt', '');

        $form = $this->upload('/', [
            '-F', 'name=Ada & Co', '-F', 'list[]=a', '-F', 'list[]=b',
            '-F', "file=@\"" . addcslashes($photo, '"\\') . '";type=image/png',
            '-F', "more[a]=@$empty", '-F', 'more[b]=@' . $this->file('b.txt', 'b') . ';filename=folder/b.txt',
        ]);

        self::assertSame(['name' => 'Ada & Co', 'list' => ['a', 'b']], $form['post']);
        self::assertSame(strlen($content), $form['files']['file']['size']);
        self::assertSame(hash('sha256', $content), $form['files']['file']['tmp_name']);
        self::assertSame(['image/png', UPLOAD_ERR_OK], [$form['files']['file']['type'], $form['files']['file']['error']]);
        self::assertContains($form['files']['file']['name'], ['photo of "me".png', 'photo of %22me%22.png']);
        self::assertSame(['empty.txt', 0, 0], [
            $form['files']['more']['a']['name'], $form['files']['more']['a']['size'], $form['files']['more']['a']['error'],
        ]);
        self::assertSame('folder/b.txt', $form['files']['more']['b']['name']);
        self::assertSame(hash('sha256', 'b'), $form['files']['more']['b']['tmp_name']);
    }

    public function testFilesGoWithTheirRequest(): void
    {
        $this->upload('/', ['-F', 'file=@' . $this->file('a', 'content'), '-F', 'other=@' . $this->file('b', 'content')]);

        $this->assertUploadsAreRemoved();
    }

    public function testAFileThatWasMovedStays(): void
    {
        $this->upload('/keep', ['-F', 'file=@' . $this->file('a', 'content')]);

        $this->assertUploadsAreRemoved();
        self::assertSame('content', file_get_contents("{$this->server->directory()}/kept"));
    }

    public function testFilesGoWithAProcessThatDies(): void
    {
        $this->upload('/die', ['-F', 'file=@' . $this->file('a', 'content')]);

        $this->server->waitForOutput('Allowed memory size');
        $this->assertUploadsAreRemoved();
    }

    public function testAChunkedUploadIsTheSame(): void
    {
        $form = $this->upload('/', ['-H', 'Transfer-Encoding: chunked', '-F', 'file=@' . $this->file('a', 'content')]);

        self::assertSame(hash('sha256', 'content'), $form['files']['file']['tmp_name']);
    }

    private function file(string $name, string $content): string
    {
        $path = "{$this->server->directory()}/$name";
        file_put_contents($path, $content);
        return $path;
    }

    private function assertUploadsAreRemoved(): void
    {
        $files = fn (): array => glob("{$this->server->directory()}/workerman.upload.*") ?: [];
        Wait::until(static fn (): bool => $files() === [], 'the uploads to be removed');
        self::assertSame([], $files());
    }

    /**
     * @param list<string> $options
     * @return ?array<string, mixed>
     */
    private function upload(string $path, array $options): ?array
    {
        $command = ['curl', '--silent', '--max-time', (string) Wait::DEADLINE, ...$options, "http://127.0.0.1:$this->port$path"];
        return json_decode((string) shell_exec(implode(' ', array_map(escapeshellarg(...), $command))), true);
    }
}
