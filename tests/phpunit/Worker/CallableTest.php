<?php

declare(strict_types=1);

namespace Ouvrier\Tests\Worker;

use Ouvrier\Tests\Harness\Client\TextClient;
use Ouvrier\Tests\Harness\ServerTestCase;

final class CallableTest extends ServerTestCase
{
    /** @dataProvider forms */
    public function testACallbackMayBeACallableOfAnyForm(string $form, string $answer): void
    {
        $this->serve('callables', ['FORM' => $form]);

        self::assertSame("$answer ping", TextClient::to($this->port)->ask('ping'));
    }

    /** @return iterable<string, array{string, string}> */
    public static function forms(): iterable
    {
        yield 'closure' => ['closure', 'closure'];
        yield "'function'" => ['function', 'function'];
        yield "'A::b'" => ['static method string', 'static method'];
        yield "['A', 'b']" => ['static method array', 'static method'];
        yield '[$object, m]' => ['method', 'method'];
        yield '$object->m(...)' => ['first-class callable', 'method'];
        yield 'object with __invoke' => ['invokable', 'invokable'];
        yield 'protected methods of a subclass' => ['protected methods', 'protected methods, started,'];
    }
}
