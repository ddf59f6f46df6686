<?php

declare(strict_types=1);

namespace Ouvrier\Tests\Harness;

/**
 * A command that has ended: `php script.php stop`, `status`, ...
 */
final class CommandResult
{
    public function __construct(public readonly int $exitCode, public readonly string $output)
    {
    }

    /** What a command with `--json` has printed. */
    public function json(): mixed
    {
        return json_decode($this->output, true, flags: JSON_THROW_ON_ERROR);
    }
}
