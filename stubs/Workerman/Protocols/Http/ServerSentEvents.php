<?php

// Generated from the extension by `make stubs`.

namespace Workerman\Protocols\Http;

/** One event of a `text/event-stream` response. */
class ServerSentEvents implements \Stringable
{
    protected array $data;

    /** @param array{event?: string, id?: string, retry?: int, data?: string, ''?: string} $data The key '' is a comment. */
    public function __construct(array $data) {}

    public function __toString(): string {}
}
