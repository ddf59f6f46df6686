<?php

declare(strict_types=1);

namespace Ouvrier\Tests\Protocol;

use Ouvrier\Tests\Harness\Client\HttpClient;
use Ouvrier\Tests\Harness\ProcessTable;
use Ouvrier\Tests\Harness\ServerProcess;
use Ouvrier\Tests\Harness\ServerTestCase;
use Ouvrier\Tests\Harness\Wait;
use RuntimeException;

final class HttpFileTest extends ServerTestCase
{
    private const MEBIBYTE = 1 << 20;

    private ServerProcess $server;
    private HttpClient $client;

    protected function setUp(): void
    {
        parent::setUp();
        $this->server = $this->serve('files');
        $this->client = HttpClient::to($this->port);
    }

    /** @dataProvider sizes */
    public function testAFileArrivesWhole(int $mebibytes): void
    {
        $hash = $this->fill('file.bin', $mebibytes);
        $before = ProcessTable::residentBytes($this->worker());

        for ($i = 0; $i < 2; $i++) {
            $response = $this->client->get('/file.bin');
            self::assertSame($mebibytes * self::MEBIBYTE, (int) $response['headers']['content-length']);
            self::assertSame($hash, hash('sha256', $response['body']));
        }
        self::assertLessThan(8 * self::MEBIBYTE, ProcessTable::residentBytes($this->worker()) - $before);
    }

    /** @return iterable<string, array{int}> */
    public static function sizes(): iterable
    {
        yield 'nothing' => [0];
        yield '1 MiB' => [1];
        yield '100 MiB' => [100];
    }

    public function testTheHeadDescribesTheFile(): void
    {
        $this->write('page.html', 'content');
        touch("{$this->server->directory()}/page.html", 784111777);

        $this->client->request('GET', '/page.html');

        self::assertSame(
            "HTTP/1.1 200 OK\r\nX-Test: yes\r\nContent-Length: 7\r\nAccept-Ranges: bytes\r\nConnection: keep-alive\r\n"
            . "Content-Type: text/html\r\nLast-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\nETag: \"2ebc98a1-0-7\"\r\n\r\ncontent",
            preg_replace('/^Date: .*\r\n/m', '', $this->client->readUntil("\r\n\r\n") . $this->client->read(7)),
        );
    }

    public function testASubclassWritesTheHead(): void
    {
        $this->write('page.txt', 'content');

        $whole = $this->client->get('/page.txt?do=named');
        $part = $this->client->get('/page.txt?do=named&offset=1&length=3');

        self::assertSame(['page.txt 203 7', '7', 'yes', 'content'], [$whole['headers']['x-name'], $whole['headers']['content-length'], $whole['headers']['x-own'], $whole['body']]);
        self::assertSame(['page.txt 206 3', 'bytes 1-3/7', 'ont'], [$part['headers']['x-name'], $part['headers']['content-range'], $part['body']]);
        self::assertSame([203, 206], [$whole['status'], $part['status']]);
    }

    /** @dataProvider conditions
     *  @param list<string> $conditions
     */
    public function testTheRequestSaysWhatIsSent(array $conditions, int $status, string $body, ?string $range = null): void
    {
        $this->write('digits.txt', '0123456789');
        touch("{$this->server->directory()}/digits.txt", 784111777);

        $response = $this->client->request('GET', '/digits.txt', $conditions)->receive();

        self::assertSame([$status, $body, $range], [$response['status'], $response['body'], $response['headers']['content-range'] ?? null]);
        self::assertSame('yes', $response['headers']['x-test']);
        self::assertSame(10, (int) $this->client->get('/digits.txt')['headers']['content-length']);
    }

    /** @return iterable<string, array<mixed>> */
    public static function conditions(): iterable
    {
        $all = '0123456789';
        $date = 'Sun, 06 Nov 1994 08:49:37 GMT';
        yield 'a part' => [['Range: bytes=2-4'], 206, '234', 'bytes 2-4/10'];
        yield 'an open part' => [['Range: bytes=7-'], 206, '789', 'bytes 7-9/10'];
        yield 'the end' => [['Range: bytes=-1'], 206, '9', 'bytes 9-9/10'];
        yield 'several parts' => [['Range: bytes=0-1,4-5'], 200, $all];
        yield 'a part that is not there' => [['Range: bytes=10-'], 416, '', 'bytes */10'];
        yield 'a part of the same version' => [['Range: bytes=0-0', 'If-Range: "2ebc98a1-0-a"'], 206, '0', 'bytes 0-0/10'];
        yield 'a part of another version' => [['Range: bytes=0-0', 'If-Range: "x"'], 200, $all];
        yield 'not changed, by its tag' => [['If-None-Match: "x", "2ebc98a1-0-a"'], 304, ''];
        yield 'changed, by its tag' => [['If-None-Match: "x"'], 200, $all];
        yield 'not changed, by its date' => [["If-Modified-Since: $date"], 304, ''];
        yield 'another file than the client thinks' => [['If-Match: "x"'], 412, ''];
    }

    public function testAPartThatTheScriptChoosesIsSentWhateverTheRequestSays(): void
    {
        $this->write('digits.txt', '0123456789');

        $response = $this->client->request('GET', '/digits.txt?offset=8', ['Range: bytes=0-1', 'If-None-Match: *'])->receive();

        self::assertSame([206, '89'], [$response['status'], $response['body']]);
    }

    public function testTheConditionsOfOneRequestAreNotThoseOfTheNext(): void
    {
        $this->write('digits.txt', '0123456789');
        $this->client->request('GET', '/digits.txt', ['Range: bytes=0-1'])->request('GET', '/digits.txt');

        self::assertSame([206, 200], [$this->client->receive()['status'], $this->client->receive()['status']]);
    }

    /** @dataProvider names */
    public function testTypeAndNameFollowFromTheName(string $name, string $type, ?string $disposition): void
    {
        $this->write($name, '1');

        $headers = $this->client->get('/' . rawurlencode($name))['headers'];

        self::assertSame($type, $headers['content-type']);
        self::assertSame($disposition, $headers['content-disposition'] ?? null);
    }

    /** @return iterable<string, array{string, string, ?string}> */
    public static function names(): iterable
    {
        yield 'known' => ['a.json', 'application/json', null];
        yield 'in capitals' => ['PHOTO.JPG', 'image/jpeg', null];
        yield 'unknown' => ['a.unknown', 'application/octet-stream', 'attachment; filename="a.unknown"'];
        yield 'none' => ['README', 'application/octet-stream', 'attachment; filename="README"'];
        yield 'with quotes' => ['a"b\\c', 'application/octet-stream', 'attachment; filename="abc"'];
    }

    /** @dataProvider parts */
    public function testAPartIsSent(string $part, int $status, string $body, ?string $range): void
    {
        $this->write('digits', '0123456789');

        $response = $this->client->get("/digits?$part");

        self::assertSame(
            [$status, $body, $range],
            [$response['status'], $response['body'], $response['headers']['content-range'] ?? null],
        );
        self::assertSame((string) strlen($body), $response['headers']['content-length']);
    }

    /** @return iterable<string, array{string, int, string, ?string}> */
    public static function parts(): iterable
    {
        yield 'all' => ['', 200, '0123456789', null];
        yield 'from the middle on' => ['offset=4', 206, '456789', 'bytes 4-9/10'];
        yield 'the beginning' => ['length=3', 206, '012', 'bytes 0-2/10'];
        yield 'the middle' => ['offset=4&length=3', 206, '456', 'bytes 4-6/10'];
        yield 'longer than the file' => ['offset=4&length=30', 206, '456789', 'bytes 4-9/10'];
        yield 'behind the end' => ['offset=10', 416, '', 'bytes */10'];
        yield 'far behind the end' => ['offset=11&length=1', 416, '', 'bytes */10'];
    }

    public function testTheAnswerToHeadHasNoBody(): void
    {
        $this->write('digits', '0123456789');

        $this->client->request('HEAD', '/digits');

        self::assertStringContainsString("\r\nContent-Length: 10\r\n", $this->client->readUntil("\r\n\r\n"));
        self::assertSame('0123456789', $this->client->get('/digits')['body']);
    }

    public function testRequestsBehindAFileAreAnsweredBehindIt(): void
    {
        $hash = $this->fill('large', 10);
        $this->write('small', 'small');

        foreach (['large', 'small', 'large', 'small'] as $name) {
            $this->client->request('GET', "/$name");
        }

        foreach ([$hash, hash('sha256', 'small'), $hash, hash('sha256', 'small')] as $expected) {
            self::assertSame($expected, hash('sha256', $this->client->receive()['body']));
        }
    }

    public function testClientsThatDoNotReadCostOneOpenFileAndLittleMemoryEach(): void
    {
        $hash = $this->fill('large', 100);
        $before = ProcessTable::residentBytes($this->worker());
        $waiting = [];
        for ($i = 0; $i < 20; $i++) {
            $waiting[] = $client = HttpClient::to($this->port);
            $client->request('GET', '/large')->request('GET', '/large')->request('GET', '/large');
        }
        Wait::until(fn (): bool => $this->openFiles('large') === 20, 'twenty open files');

        self::assertSame(404, $this->client->get('/nothing')['status']);
        self::assertLessThan(16 * self::MEBIBYTE, ProcessTable::residentBytes($this->worker()) - $before);
        self::assertSame($hash, hash('sha256', $waiting[7]->receive()['body']));

        foreach ($waiting as $client) {
            $client->close();
        }
        Wait::until(fn (): bool => $this->openFiles('large') === 0, 'the files to be closed');
    }

    public function testAFileThatBecomesLongerIsSentAsItWas(): void
    {
        $hash = $this->fill('large', 20);
        $this->client->request('GET', '/large');
        Wait::until(fn (): bool => $this->openFiles('large') === 1, 'the open file');
        file_put_contents("{$this->server->directory()}/large", 'more', FILE_APPEND);

        self::assertSame($hash, hash('sha256', $this->client->receive()['body']));
        self::assertSame(404, $this->client->get('/nothing')['status']);
    }

    public function testAFileThatBecomesShorterEndsTheConnection(): void
    {
        $this->fill('large', 20);
        $this->client->request('GET', '/large');
        Wait::until(fn (): bool => $this->openFiles('large') === 1, 'the open file');
        $file = fopen("{$this->server->directory()}/large", 'r+');
        ftruncate($file, 0);

        $this->expectException(RuntimeException::class);
        $this->expectExceptionMessage('closed after');
        $this->client->receive();
    }

    public function testAClosedConnectionGetsTheFileFirst(): void
    {
        $hash = $this->fill('large', 20);

        $response = $this->client->request('GET', '/large?do=close')->receive();

        self::assertSame($hash, hash('sha256', $response['body']));
        self::assertSame('', $this->client->readToEnd());
    }

    public function testAHalfClosedConnectionGetsTheFile(): void
    {
        $hash = $this->fill('large', 20);

        $this->client->request('GET', '/large');
        $this->client->shutdownWrite();

        self::assertSame($hash, hash('sha256', $this->client->receive()['body']));
        self::assertSame('', $this->client->readToEnd());
    }

    public function testAFileGoesOnWhileACallbackBlocks(): void
    {
        $hash = $this->fill('large', 20);
        $this->client->request('GET', '/large');
        Wait::until(fn (): bool => $this->openFiles('large') === 1, 'the open file');
        $other = HttpClient::to($this->port)->request('GET', '/?do=block');
        Wait::until(fn (): bool => is_file("{$this->server->directory()}/blocking"), 'the callback to block');

        self::assertSame($hash, hash('sha256', $this->client->receive()['body']));
        $this->write('go', '');
        self::assertSame('gone on', $other->receive()['body']);
    }

    public function testCallbacksAreLeftAlone(): void
    {
        $this->fill('large', 20);
        $this->client->get('/large');

        self::assertSame('[null,null]', $this->client->get('/?do=callbacks')['body']);
    }

    public function testAFileThatIsGoneIsForbidden(): void
    {
        $this->write('gone', '1');

        $response = $this->client->get('/gone?do=vanish');

        self::assertSame([403, '403 Forbidden'], [$response['status'], $response['body']]);
        self::assertSame('', $this->client->readToEnd());
    }

    public function testAStreamWrapperOfTheScriptIsRead(): void
    {
        $response = $this->client->get('/?do=words&offset=2&length=9');

        self::assertSame([206, 'few words', 'text/plain'], [
            $response['status'], $response['body'], $response['headers']['content-type'],
        ]);
    }

    /** Fills a file with noise, and returns its hash. */
    private function fill(string $name, int $mebibytes): string
    {
        $file = fopen("{$this->server->directory()}/$name", 'w');
        $hash = hash_init('sha256');
        for ($i = 0; $i < $mebibytes; $i++) {
            $block = random_bytes(self::MEBIBYTE);
            fwrite($file, $block);
            hash_update($hash, $block);
        }
        fclose($file);
        return hash_final($hash);
    }

    private function write(string $name, string $content): void
    {
        file_put_contents("{$this->server->directory()}/$name", $content);
    }

    private function worker(): int
    {
        return $this->server->waitForWorkers(1)[0];
    }

    /** How often the worker has a file open. */
    private function openFiles(string $name): int
    {
        $target = static fn (string $descriptor): string|false => @readlink($descriptor);
        $open = array_map($target, glob("/proc/{$this->worker()}/fd/*") ?: []);
        return count(array_keys($open, "{$this->server->directory()}/$name", true));
    }
}
