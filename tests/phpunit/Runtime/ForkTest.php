<?php

declare(strict_types=1);

namespace Ouvrier\Tests\Runtime;

use Ouvrier\Tests\Harness\Client\TextClient;
use Ouvrier\Tests\Harness\ServerTestCase;

final class ForkTest extends ServerTestCase
{
    /** @requires extension pcntl */
    public function testAChildOfACallbackEndsAndTakesNothingAlong(): void
    {
        $this->serve('forking');
        $other = TextClient::to($this->port);
        self::assertSame('before', $other->ask('before'));
        $client = TextClient::to($this->port);

        self::assertSame('once', $client->ask('fork'));
        self::assertSame('[true,7]', $client->receive());

        self::assertSame('after', $client->ask('after'));
        self::assertSame('after', $other->ask('after'));
        self::assertSame('new', TextClient::to($this->port)->ask('new'));
    }
}
