<?php

declare(strict_types=1);

namespace Ouvrier\Tests\Harness\Client;

use Ouvrier\Tests\Harness\Wait;
use RuntimeException;

/**
 * Constant load from one thread: connections that ask again as soon as they are answered, and connections for one request
 * each that follow each other.
 *
 * A connection that is refused, ends without a whole answer, or gets anything but a 200 is a failure. A server may announce
 * with `Connection: close` that it closes behind the answer; then the next request goes over a new connection.
 *
 * A server may give up a connection without a request as well, and a client has to ask again then (RFC 9112 section 9.3.1). With a patience, that is no
 * failure for a request which came later than that many seconds after the one before it, or after the connection: until then the server did not know
 * that it would give it up, or its last answer would have said so.
 */
final class HttpLoad
{
    /** Between one new connection and the next of the same client: ports of this machine are not without end. */
    private const PAUSE_NANOSECONDS = 5_000_000;

    /** @var array<int, HttpExchange> */
    private array $exchanges = [];

    /** @var array<int, int> when the clients without a connection connect again */
    private array $due = [];

    /** @var array<int, true> the clients that were answered or failed since that was asked for */
    private array $heard = [];

    private bool $isEnding = false;

    /** @var list<string> */
    public array $failures = [];

    public int $answers = 0;

    /** @var array<string, int> how many answers began with which word */
    public array $words = [];

    public function __construct(
        private int $port,
        private int $keptAlive,
        private int $fresh,
        private string $target = '/',
        private float $patience = INF,
    ) {
        $this->due = array_fill(0, $keptAlive + $fresh, 0);
    }

    /**
     * Goes on until the sign is there.
     *
     * @template T
     * @param callable(): T $sign
     * @return T
     */
    public function until(callable $sign, string $what): mixed
    {
        $deadline = hrtime(true) + (int) (Wait::DEADLINE * 1e9);
        while (!($value = $sign())) {
            if (hrtime(true) > $deadline) {
                throw new RuntimeException("waited in vain under load for: $what");
            }
            $this->turn();
        }
        return $value;
    }

    /** Goes on until each client was answered, or failed, for a request that it makes from now on. */
    public function round(): void
    {
        // What they hear first may have arrived long ago.
        for ($times = 0; $times < 2; $times++) {
            $this->heard = [];
            $this->until(fn (): bool => count($this->heard) === $this->keptAlive + $this->fresh, 'each client');
        }
    }

    /** Waits for the answers that are still owed. */
    public function finish(): void
    {
        $this->isEnding = true;
        $this->until(fn (): bool => $this->exchanges === [], 'the last answers');
    }

    private function turn(): void
    {
        $this->connect();
        $streams = array_map(static fn (HttpExchange $exchange) => $exchange->stream, $this->exchanges);
        $none = null;
        if ($streams === [] || !stream_select($streams, $none, $none, 0, 2_000)) {
            return;
        }
        foreach (array_keys($streams) as $client) {
            $this->advance($client, $this->exchanges[$client]);
        }
    }

    private function connect(): void
    {
        foreach ($this->isEnding ? [] : $this->due as $client => $at) {
            if ($at > hrtime(true)) {
                continue;
            }
            $exchange = HttpExchange::begin($this->port, $this->target);
            if ($exchange === null) {
                $this->fail($client, 'refused');
                continue;
            }
            unset($this->due[$client]);
            $this->exchanges[$client] = $exchange;
        }
    }

    private function advance(int $client, HttpExchange $exchange): void
    {
        if (!$exchange->read()) {
            $this->lose($client, $exchange, 'cut after: ' . substr($exchange->received, 0, 300));
        } elseif (($answer = $exchange->answer()) !== null) {
            $this->take($client, $exchange, $answer);
        }
    }

    /** @param array{head: string, body: string} $answer */
    private function take(int $client, HttpExchange $exchange, array $answer): void
    {
        if (!str_starts_with($answer['head'], 'HTTP/1.1 200 ')) {
            $this->fail($client, $answer['head']);
            return;
        }
        $this->answers++;
        $this->heard[$client] = true;
        $word = strtok($answer['body'], ' ');
        $this->words[$word] = ($this->words[$word] ?? 0) + 1;
        $isKept = $client < $this->keptAlive && !stripos($answer['head'], "\r\nconnection: close");
        if ($this->isEnding || !$isKept) {
            $this->leave($client);
        } elseif (!$exchange->ask()) {
            $this->lose($client, $exchange, 'the next request was not taken');
        }
    }

    private function lose(int $client, HttpExchange $exchange, string $why): void
    {
        if ($exchange->received === '' && $exchange->pause > $this->patience) {
            $this->leave($client);
        } else {
            $this->fail($client, sprintf('%s (asked after a pause of %.3f seconds)', $why, $exchange->pause));
        }
    }

    private function fail(int $client, string $why): void
    {
        $this->heard[$client] = true;
        $this->failures[] = ($client < $this->keptAlive ? 'kept alive: ' : 'new connection: ') . $why;
        $this->leave($client);
    }

    private function leave(int $client): void
    {
        unset($this->exchanges[$client]);
        $this->due[$client] = hrtime(true) + self::PAUSE_NANOSECONDS;
    }
}
