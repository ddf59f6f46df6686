<?php

namespace Workerman\Protocols\Http;

/** One chunk of a response with `Transfer-Encoding: chunked`; the empty one ends the response. */
class Chunk implements \Stringable
{
    protected string $buffer;

    public function __construct(string $buffer) {}

    public function __toString(): string {}
}
