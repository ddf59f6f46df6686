<?php

declare(strict_types=1);

namespace Ouvrier\Tests\Protocol;

use Ouvrier\Tests\Harness\Client\Connection;
use Ouvrier\Tests\Harness\ServerTestCase;

/**
 * A real protocol, that of Redis, spoken by a class written in PHP.
 */
final class RespTest extends ServerTestCase
{
    protected function setUp(): void
    {
        parent::setUp();
        $this->serve('resp');
    }

    public function testCommandsAreAnsweredInOrder(): void
    {
        $client = Connection::to($this->port);

        $client->write(self::command('SET', 'key', "a\r\nb") . self::command('GET', 'key') . self::command('GET', 'none'));
        $client->write(self::command('INCR', 'n') . self::command('INCR', 'n') . self::command('what', 'else'));

        $answers = "$2\r\nOK\r\n$4\r\na\r\nb\r\n$-1\r\n:1\r\n:2\r\n*2\r\n$4\r\nwhat\r\n$4\r\nelse\r\n";
        self::assertSame($answers, $client->read(strlen($answers)));
    }

    public function testThousandsOfCommandsInOnePipeline(): void
    {
        $client = Connection::to($this->port);

        $client->write(str_repeat(self::command('INCR', 'n'), 5000));

        $client->readUntil(":5000\r\n");
        self::assertFalse($client->hasData());
    }

    public function testALargeValueGoesThereAndBack(): void
    {
        $client = Connection::to($this->port);
        $value = random_bytes(3_000_000);

        self::assertSame("$2\r\nOK\r\n", $client->write(self::command('SET', 'large', $value))->read(8));
        self::assertTrue("$3000000\r\n$value\r\n" === $client->write(self::command('GET', 'large'))->read(3_000_012));
    }

    public function testPauseStopsInTheMiddleOfAReadAndResumeGoesOnThere(): void
    {
        $incr = self::command('INCR', 'n');
        $paused = Connection::to($this->port)->write(self::command('PAUSE') . str_repeat($incr, 1000));
        self::assertSame("$6\r\npaused\r\n", $paused->read(12));
        $other = Connection::to($this->port);

        self::assertSame("$-1\r\n", $other->write(self::command('GET', 'n'))->read(5));
        self::assertFalse($paused->hasData());

        // Part of it may still be on its way in the kernel, which is not counted; the first read has come as a whole.
        self::assertGreaterThanOrEqual(strlen($incr), (int) substr($other->write(self::command('RESUME'))->readUntil("\r\n"), 1));
        $paused->readUntil(":1000\r\n");
    }

    public function testWhatIsNoCommandEndsTheConnection(): void
    {
        self::assertSame('', Connection::to($this->port)->write('GET / HTTP/1.1')->readToEnd());
    }

    private static function command(string ...$words): string
    {
        $bulk = array_map(static fn(string $word): string => '$' . strlen($word) . "\r\n$word\r\n", $words);
        return '*' . count($words) . "\r\n" . implode('', $bulk);
    }
}
