<?php

declare(strict_types=1);

namespace Ouvrier\Tests\Harness\Client;

use RuntimeException;

/**
 * The fixture `client`: connections of its process that do what they are told, and tell what happens to them.
 */
final class Puppet
{
    private TextClient $control;

    /** @var array<string, list<list<mixed>>> events that nobody has asked for yet, by connection */
    private array $events = [];

    public function __construct(int $port)
    {
        $this->control = TextClient::to($port);
    }

    /**
     * Makes a connection object.
     *
     * @param array<string, mixed> $set properties
     * @param array<string, mixed> $more further words of the order
     */
    public function make(string $name, string $address, array $set = [], array $more = []): mixed
    {
        return $this->order(['do' => 'make', 'name' => $name, 'address' => $address, 'set' => $set] + $more);
    }

    /** Calls a method of a connection and returns its result. */
    public function call(string $name, string $method, mixed ...$arguments): mixed
    {
        return $this->order(['do' => 'call', 'name' => $name, 'method' => $method, 'arguments' => $arguments]);
    }

    /** Calls methods one after the other, in one callback. */
    public function callAtOnce(string $name, string ...$methods): void
    {
        $this->order(['do' => 'callAtOnce', 'name' => $name, 'methods' => $methods]);
    }

    public function get(string $name, string $property): mixed
    {
        return $this->order(['do' => 'get', 'name' => $name, 'property' => $property]);
    }

    /** Lets a callback of a connection go on that is suspended in its fiber. */
    public function resume(string $name): void
    {
        $this->order(['do' => 'resume', 'name' => $name]);
    }

    /** How many timers the process has. */
    public function timers(): int
    {
        return $this->order(['do' => 'timers', 'name' => '']);
    }

    /** Forgets a connection object, and returns how many connections are known to the process. */
    public function forget(string $name): int
    {
        return $this->order(['do' => 'forget', 'name' => $name]);
    }

    /** @return list<mixed> the next event of a connection: its name, and the details */
    public function next(string $name): array
    {
        while (($this->events[$name] ?? []) === []) {
            $this->receive();
        }
        return array_shift($this->events[$name]);
    }

    /** @param array<string, mixed> $order */
    private function order(array $order): mixed
    {
        $this->control->write(json_encode($order, JSON_THROW_ON_ERROR) . "\n");
        do {
            $result = $this->receive();
        } while ($result === null);
        return $result[0];
    }

    /** @return ?array{mixed} the result of an order; null for an event, which is kept */
    private function receive(): ?array
    {
        $told = json_decode($this->control->receive(), true, 16, JSON_THROW_ON_ERROR);
        if (!is_array($told)) {
            throw new RuntimeException('the fixture tells arrays');
        }
        if ($told[1] === 'result') {
            return [$told[2] ?? null];
        }
        $this->events[$told[0]][] = array_slice($told, 1);
        return null;
    }
}
