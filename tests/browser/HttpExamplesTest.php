<?php

declare(strict_types=1);

namespace Ouvrier\Tests\Browser;

use Ouvrier\Tests\Harness\ServerTestCase;

/**
 * The pages of examples/http in a real browser: events, an upload, forms and a session
 */
final class HttpExamplesTest extends ServerTestCase
{
    private ?WebDriver $browser = null;

    protected function tearDown(): void
    {
        $this->browser?->quit();
        parent::tearDown();
    }

    public function testEventsArriveInThePage(): void
    {
        $browser = $this->open('events.php');
        $browser->waitForText('#state', 'connected');
        $browser->waitForText('#listeners', '1');

        $this->submit('say', ['text' => 'a < b & "ü"']);
        $browser->waitForText('#messages', 'a < b & "ü"');
        $this->submit('say', ['text' => 'second']);
        $browser->waitForText('#messages li:nth-child(2)', 'second');
        self::assertSame("a < b & \"ü\"\nsecond", $browser->text('#messages'));
    }

    public function testAnUploadShowsItsProgressAndArrives(): void
    {
        $browser = $this->open('upload.php');
        $browser->execute(
            'const files = new DataTransfer();'
            . 'files.items.add(new File(["x".repeat(3e7)], "a ü.bin"));'
            . 'document.querySelector("input[type=file]").files = files.files;',
        );

        $this->submit('upload');

        $browser->waitForText('#answer', hash('sha256', str_repeat('x', 30_000_000)));
        self::assertSame('100%', $browser->text('#percent'));
        self::assertSame(
            ['name' => 'a ü.bin', 'size' => 30_000_000, 'error' => 0],
            array_diff_key(json_decode($browser->text('#answer'), true), ['sha256' => '']),
        );
    }

    public function testASessionLastsFromTheLoginToTheLogout(): void
    {
        $browser = $this->open('sessions.php');

        $this->submit('login', ['name' => 'Ada <3']);
        $browser->waitForText('#greeting', 'Hello Ada <3, visit 1.');
        $browser->open("http://127.0.0.1:$this->port/");
        $browser->waitForText('#greeting', 'Hello Ada <3, visit 2.');
        self::assertSame('', $browser->execute('return document.cookie;'), 'the cookie is not for scripts');

        $this->submit('logout');
        $browser->waitForText('#login button', 'Log in');
    }

    private function open(string $example): WebDriver
    {
        $this->example("http/$example", environment: ['PORT' => $this->port])->waitForPort($this->port);
        $this->browser = new WebDriver();
        $this->browser->open("http://127.0.0.1:$this->port/");
        return $this->browser;
    }

    /** @param array<string, string> $fields */
    private function submit(string $form, array $fields = []): void
    {
        $this->browser?->execute(
            'const form = document.getElementById(arguments[0]);'
            . 'for (const [name, value] of Object.entries(arguments[1])) { form.elements[name].value = value; }'
            . 'form.requestSubmit();',
            [$form, (object) $fields],
        );
    }
}
