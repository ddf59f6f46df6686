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

    /**
     * Runs a command that needs no input, to its end.
     *
     * @param list<string> $command
     */
    public static function of(array $command, ?string $directory = null): self
    {
        $output = tmpfile();
        $process = proc_open($command, [['file', '/dev/null', 'r'], $output, $output], $pipes, $directory);
        $exitCode = Wait::until(static function () use ($process): array {
            $status = proc_get_status($process);
            return $status['running'] ? [] : [$status['exitcode']];
        }, 'the end of the command ' . implode(' ', $command))[0];
        proc_close($process);
        return new self($exitCode, (string) file_get_contents(stream_get_meta_data($output)['uri']));
    }

    /** What a command with `--json` has printed. */
    public function json(): mixed
    {
        return json_decode($this->output, true, flags: JSON_THROW_ON_ERROR);
    }
}
