<?php

declare(strict_types=1);

namespace Ouvrier\Tests\Protocol;

use Ouvrier\Tests\Harness\Client\HttpClient;
use Ouvrier\Tests\Harness\Port;
use Ouvrier\Tests\Harness\ProcessTable;
use Ouvrier\Tests\Harness\ServerProcess;
use Ouvrier\Tests\Harness\ServerTestCase;
use Ouvrier\Tests\Harness\Wait;

/**
 * Bodies that are in a file while they arrive.
 */
final class HttpBodyTest extends ServerTestCase
{
    private ServerProcess $server;

    private int $second;

    /** @dataProvider requests */
    public function testARequestWhoseBodyIsInAFileIsLikeAnyOther(string $request): void
    {
        $this->start();

        self::assertIsLikeInMemory($this->ask($this->second, $request), $this->ask($this->port, $request), inFile: strlen($request) > 100_000);
    }

    /** @dataProvider classes */
    public function testClassesOfTheApplication(string $class): void
    {
        $this->start(['CLASS' => $class]);

        foreach (self::requests() as $name => [$request]) {
            $answer = $this->ask($this->port, $request);
            $inFile = $class === 'WithoutConstructor' && strlen($request) > 100_000;
            self::assertIsLikeInMemory($this->ask($this->second, $request), $answer, $inFile, $name);
            self::assertSame($class, $answer['class']);
        }
    }

    public function testNothingIsLeftOfABodyWhenTheProcessIsKilled(): void
    {
        $this->start();
        $workers = $this->server->waitForWorkers(2);
        $client = HttpClient::to($this->port);
        $client->write("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9000000\r\n\r\n" . str_repeat('x', 5_000_000));
        Wait::until(static fn (): bool => self::holdsLargeFile($workers), 'the body to be in a file');

        array_map(static fn (int $pid): bool => posix_kill($pid, SIGKILL), $workers);
        Wait::until(static fn (): bool => array_filter($workers, ProcessTable::isAlive(...)) === [], 'the end');

        $left = array_map('basename', glob("{$this->server->directory()}/*") ?: []);
        self::assertSame([], array_diff($left, ['output', 'server.log', 'server.pid', 'server.status']));
    }

    /** @return iterable<string, array{string}> */
    public static function requests(): iterable
    {
        $large = str_repeat("0123456789\r\n--b\r\n--", 20_000);
        $form = self::part('name="a"', 'field') . self::part('name="f"; filename="x.bin"', $large)
            . self::part('name="l[]"; filename="1"', '1') . self::part('name="l[]"; filename="2"', $large)
            . self::part('name="e"; filename=""', '') . self::part('name="big"', $large) . "--bnd--\r\n";
        yield 'a form with files' => [self::sized('multipart/form-data; boundary=bnd', $form)];
        yield 'half a form' => [self::sized('multipart/form-data; boundary=bnd', substr($form, 0, 500_000))];
        yield 'a form in chunks' => [self::chunked('multipart/form-data; boundary=bnd', $form)];
        $fields = http_build_query(['a' => $large, 'b' => ['c' => 'd']]);
        yield 'a form of fields' => [self::sized('application/x-www-form-urlencoded', $fields)];
        yield 'JSON' => [self::sized('application/json', json_encode(['a' => $large, 'b' => [1, 2]]))];
        yield 'anything' => [self::chunked('text/plain', $large)];
        yield 'little' => [self::sized('text/plain', 'little')];
    }

    /** @return iterable<string, array{string}> */
    public static function classes(): iterable
    {
        yield 'that takes the buffer' => ['WithConstructor'];
        yield 'that does not' => ['WithoutConstructor'];
    }

    /**
     * @param array<string, mixed> $inMemory what was understood of a request that is in memory
     * @param array<string, mixed> $answer what was understood of the same one, whose body may be in a file
     */
    private static function assertIsLikeInMemory(array $inMemory, array $answer, bool $inFile, string $name = ''): void
    {
        self::assertSame([false, $inFile], [$inMemory['inFile'], $answer['inFile']], $name);
        self::assertSame(['inFile' => $inFile] + $inMemory, $answer, $name);
    }

    /** @param array<string, string> $environment */
    private function start(array $environment = []): void
    {
        $this->second = Port::free();
        $this->server = $this->serve('bodies', $environment + ['SECOND_PORT' => $this->second]);
        $this->server->waitForPort($this->second);
    }

    /** @return array<string, mixed> */
    private function ask(int $port, string $request): array
    {
        $client = HttpClient::to($port);
        // Two requests, the second of which finds nothing of the first.
        $client->write($request)->write($request);
        $answer = $client->receive();
        self::assertSame($answer['body'], $client->receive()['body']);
        $client->close();
        return json_decode($answer['body'], true, flags: JSON_THROW_ON_ERROR);
    }

    private static function part(string $parameters, string $content): string
    {
        return "--bnd\r\nContent-Disposition: form-data; $parameters\r\nContent-Type: text/x\r\n\r\n$content\r\n";
    }

    private static function sized(string $type, string $body): string
    {
        $length = strlen($body);
        return "POST /x?y=z HTTP/1.1\r\nHost: a\r\nContent-Type: $type\r\nContent-Length: $length\r\n\r\n$body";
    }

    private static function chunked(string $type, string $body): string
    {
        $chunks = array_map(
            static fn (string $chunk): string => dechex(strlen($chunk)) . "\r\n$chunk\r\n",
            str_split($body, 7_777),
        );
        return "POST /x HTTP/1.1\r\nHost: a\r\nContent-Type: $type\r\nTransfer-Encoding: chunked\r\n\r\n"
            . implode('', $chunks) . "0\r\nX-Sum: 1\r\n\r\n";
    }

    /** @param list<int> $workers */
    private static function holdsLargeFile(array $workers): bool
    {
        clearstatcache();
        foreach ($workers as $pid) {
            foreach (glob("/proc/$pid/fd/*") ?: [] as $descriptor) {
                $isUnnamed = str_ends_with((string) @readlink($descriptor), ' (deleted)');
                if ($isUnnamed && (@stat($descriptor)['size'] ?? 0) > 4_000_000) {
                    return true;
                }
            }
        }
        return false;
    }
}
