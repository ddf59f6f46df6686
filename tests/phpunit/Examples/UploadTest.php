<?php

declare(strict_types=1);

namespace Ouvrier\Tests\Examples;

use Ouvrier\Tests\Harness\Client\HttpClient;
use Ouvrier\Tests\Harness\ProcessTable;
use Ouvrier\Tests\Harness\ServerTestCase;

/**
 * examples/http/upload.php
 */
final class UploadTest extends ServerTestCase
{
    private const MEBIBYTE = 1 << 20;

    public function testMemoryDoesNotGrowWithTheUpload(): void
    {
        $server = $this->example('http/upload.php', environment: ['PORT' => $this->port]);
        $server->waitForPort($this->port);
        $workers = $server->waitForWorkers(2);
        $memory = static fn (): int => max(array_map(ProcessTable::residentBytes(...), $workers));
        $before = $memory();
        $head = "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.bin\"\r\n\r\n";
        $foot = "\r\n--b--\r\n";
        $piece = random_bytes(self::MEBIBYTE);
        $hash = hash_init('sha256');

        $client = HttpClient::to($this->port);
        $length = strlen($head) + 128 * self::MEBIBYTE + strlen($foot);
        $client->request('POST', '/upload', ['Content-Type: multipart/form-data; boundary=b', "Content-Length: $length"]);
        $client->write($head);
        for ($most = 0, $i = 0; $i < 128; $i++) {
            $client->write($piece);
            hash_update($hash, $piece);
            $most = max($most, $memory());
        }
        $client->write($foot);
        $answer = $client->receive();
        $most = max($most, $memory());

        self::assertSame(
            ['name' => 'a.bin', 'size' => 128 * self::MEBIBYTE, 'error' => 0, 'sha256' => hash_final($hash)],
            json_decode($answer['body'], true),
        );
        self::assertLessThan($before + 16 * self::MEBIBYTE, $most);
    }

    public function testAFileMayHaveAnyName(): void
    {
        $server = $this->example('http/upload.php', environment: ['PORT' => $this->port]);
        $server->waitForPort($this->port);

        self::assertSame([200, "caf\u{fffd}.txt"], $this->upload('file', "caf\xe9.txt"));
        self::assertSame([400, null], $this->upload('file[]', 'one-of-many.txt'));
    }

    public function testAFormWithoutAFileIsRefused(): void
    {
        $server = $this->example('http/upload.php', environment: ['PORT' => $this->port]);
        $server->waitForPort($this->port);

        $answer = HttpClient::to($this->port)->request('POST', '/upload', [], 'a=b')->receive();

        self::assertSame([400, '{"error":"there is no file in the form"}'], [$answer['status'], $answer['body']]);
    }

    /** @return array{int, ?string} the status and the name that the example shows */
    private function upload(string $field, string $name): array
    {
        $form = "--b\r\nContent-Disposition: form-data; name=\"$field\"; filename=\"$name\"\r\n\r\ncontent\r\n--b--\r\n";
        $headers = ['Content-Type: multipart/form-data; boundary=b'];
        $answer = HttpClient::to($this->port)->request('POST', '/upload', $headers, $form)->receive();
        return [$answer['status'], json_decode($answer['body'], true)['name'] ?? null];
    }
}
