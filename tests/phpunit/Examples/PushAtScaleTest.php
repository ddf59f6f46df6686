<?php

declare(strict_types=1);

namespace Ouvrier\Tests\Examples;

use Ouvrier\Tests\Harness\Client\TextClient;
use Ouvrier\Tests\Harness\Client\WebsocketClient;
use Ouvrier\Tests\Harness\ServerTestCase;

/**
 * examples/push/push.php with a thousand clients
 */
final class PushAtScaleTest extends ServerTestCase
{
    private const CLIENTS = 1_000;

    private const PUSHES = 10_000;

    /** How many pushes are under way at once. */
    private const WINDOW = 100;

    public function testTenThousandPushesReachAThousandClientsNoneLostNoneAstray(): void
    {
        $this->example('push/push.php')->waitForPort(5678);
        $clients = $this->subscribers();

        $this->pushAll();

        // Each client reads alone: what waits for it stays in its socket meanwhile.
        foreach ($clients as $number => $client) {
            for ($push = $number; $push < self::PUSHES; $push += self::CLIENTS) {
                self::assertSame($this->message($push), $client->receive());
            }
        }
        foreach ($clients as $client) {
            $client->expectNothingPending();
        }
    }

    /** @return list<WebsocketClient> the client of uid `user<n>` at index n */
    private function subscribers(): array
    {
        $clients = [];
        for ($number = 0; $number < self::CLIENTS; $number++) {
            $clients[] = $client = WebsocketClient::open(1234)->send("user$number");
            $client->expectNothingPending();
        }
        return $clients;
    }

    private function pushAll(): void
    {
        $backEnd = TextClient::to(5678);
        for ($first = 0; $first < self::PUSHES; $first += self::WINDOW) {
            $messages = array_map($this->message(...), range($first, $first + self::WINDOW - 1));
            $backEnd->write(implode("\n", $messages) . "\n");
            self::assertSame(str_repeat("ok\n", self::WINDOW), $backEnd->read(3 * self::WINDOW));
        }
    }

    private function message(int $push): string
    {
        return json_encode(['uid' => 'user' . $push % self::CLIENTS, 'push' => $push]);
    }
}
