<?php

declare(strict_types=1);

namespace Ouvrier\Tests\Harness;

use Closure;
use RuntimeException;

/**
 * A PHP script that serves, run as its user runs it: `php script.php start`.
 *
 * The script leads a process group of its own, as it does under a shell, so that {@see interrupt()} is what Ctrl+C is.
 * What it and its workers print goes to a file, never to a pipe that could fill up and block them.
 */
final class ServerProcess
{
    /** @var resource */
    private $process;

    private int $pid;

    private ?int $exitCode = null;

    /**
     * @param list<string> $program PHP with its options, and the script
     * @param array<string, string> $environment
     * @param list<string> $arguments
     */
    private function __construct(
        private string $directory,
        private array $program,
        private array $environment,
        array $arguments,
    ) {
        $this->process = $this->open(['setsid', ...$program, ...$arguments], "$directory/output");
        $this->pid = proc_get_status($this->process)['pid'];
    }

    /**
     * @param list<string> $arguments words after the script's name
     * @param array<string, string|int> $environment added to this process's own
     * @param array<string, string> $settings php.ini settings
     * @param list<string> $through a program that runs the server, such as one that changes the user
     */
    public static function start(
        string $script,
        array $arguments = ['start'],
        array $environment = [],
        array $settings = [],
        array $through = [],
    ): self {
        $directory = self::temporaryDirectory();
        if ($through !== []) {
            chmod($directory, 0o777);
        }
        $options = [];
        foreach ($settings as $name => $value) {
            array_push($options, '-d', "$name=$value");
        }
        return new self(
            $directory,
            [...$through, PHP_BINARY, ...$options, $script],
            ['OUVRIER_TEST_DIRECTORY' => $directory] + array_map('strval', $environment) + getenv(),
            $arguments,
        );
    }

    /** Runs `php script.php <words>` to its end, with the files and the environment of this server. */
    public function command(string ...$words): CommandResult
    {
        return $this->beginCommand(...$words)();
    }

    /**
     * Begins what {@see command()} does.
     *
     * @return Closure(): CommandResult waits for the end
     */
    public function beginCommand(string ...$words): Closure
    {
        $file = "$this->directory/command-" . bin2hex(random_bytes(4));
        $process = $this->open([...$this->program, ...$words], $file);
        return static function () use ($process, $file, $words): CommandResult {
            $exitCode = Wait::until(static function () use ($process): array {
                $status = proc_get_status($process);
                return $status['running'] ? [] : [$status['exitcode']];
            }, 'the end of the command ' . implode(' ', $words))[0];
            proc_close($process);
            return new CommandResult($exitCode, (string) file_get_contents($file));
        };
    }

    /**
     * Runs a command until `$isSeen` is true of what it has printed so far, and interrupts it.
     *
     * @param callable(string): bool $isSeen
     */
    public function commandUntil(callable $isSeen, string ...$words): string
    {
        $file = "$this->directory/command-" . bin2hex(random_bytes(4));
        $process = $this->open([...$this->program, ...$words], $file);
        $output = static fn (): string => (string) file_get_contents($file);
        try {
            Wait::until(static fn (): bool => $isSeen($output()), 'the output of ' . implode(' ', $words));
        } finally {
            proc_terminate($process, SIGINT);
            Wait::until(static fn (): bool => !proc_get_status($process)['running'], 'the end of the command');
            proc_close($process);
        }
        return $output();
    }

    /** What a command prints to a terminal of that width. */
    public function onATerminal(int $columns, string ...$words): string
    {
        $file = "$this->directory/command-" . bin2hex(random_bytes(4));
        $command = implode(' ', array_map('escapeshellarg', [...$this->program, ...$words]));
        $process = $this->open(['script', '-qec', "stty cols $columns rows 25; $command", '/dev/null'], $file);
        Wait::until(static fn (): bool => !proc_get_status($process)['running'], 'the end of the command');
        proc_close($process);
        return strtr((string) file_get_contents($file), ["\r\n" => "\n"]);
    }

    public function pid(): int
    {
        return $this->pid;
    }

    /** Where fixtures keep their pid file, log file and unix sockets. */
    public function directory(): string
    {
        return $this->directory;
    }

    /** Everything printed so far by the master and the workers. */
    public function output(): string
    {
        return (string) file_get_contents("$this->directory/output");
    }

    public function waitForOutput(string $text): string
    {
        return $this->waitForMatch('/' . preg_quote($text, '/') . '/')[0];
    }

    /** Everything logged so far, also by a daemon. */
    public function log(): string
    {
        return (string) @file_get_contents("$this->directory/server.log");
    }

    /** Waits until so many lines of the log match, and returns the matches. */
    public function waitForLog(string $pattern, int $times = 1): array
    {
        return Wait::until(function () use ($pattern, $times): array {
            $count = preg_match_all($pattern, $this->log(), $matches, PREG_SET_ORDER);
            return $count >= $times ? $matches : [];
        }, "$pattern in the log");
    }

    /** The master: this process, or the daemon that it has started. 0 without a pid file. */
    public function masterPid(): int
    {
        return (int) @file_get_contents("$this->directory/server.pid");
    }

    /** @return array<int|string, string> the match in the output */
    public function waitForMatch(string $pattern): array
    {
        return Wait::until(function () use ($pattern): array {
            preg_match($pattern, $this->output(), $match);
            return $match;
        }, "$pattern in the output, which is:\n" . $this->output());
    }

    public function waitForPort(int $port): void
    {
        Wait::until(fn (): bool => Port::isListening($port) || $this->failIfEnded(), "port $port to listen");
    }

    public function waitForUdpPort(int $port): void
    {
        Wait::until(fn (): bool => Port::isBound($port) || $this->failIfEnded(), "UDP port $port to be bound");
    }

    /** @return list<int> the pids of exactly `$count` workers */
    public function waitForWorkers(int $count): array
    {
        $workers = fn (): array => ProcessTable::children($this->masterPid() ?: $this->pid);
        return Wait::until(
            static fn (): array => count($workers()) === $count ? $workers() : [],
            "$count workers",
        );
    }

    public function signal(int $signal): void
    {
        posix_kill($this->masterPid() ?: $this->pid, $signal);
    }

    /** Ctrl+C: the terminal sends SIGINT to the whole group. */
    public function interrupt(): void
    {
        posix_kill(-$this->pid, SIGINT);
    }

    /** The exit code, once master and workers are gone. Not for daemons, which leave the group. */
    public function waitForExit(): int
    {
        if ($this->exitCode === null) {
            Wait::until(function (): bool {
                $status = proc_get_status($this->process);
                if (!$status['running']) {
                    $this->exitCode ??= $status['exitcode'];
                }
                return $this->exitCode !== null;
            }, "the end of the master, whose output is:\n" . $this->output());
            Wait::until(fn (): bool => ProcessTable::group($this->pid) === [], 'the end of all workers');
            proc_close($this->process);
        }
        return $this->exitCode;
    }

    /** Ends the server as Ctrl+C does, or its daemon; what does not end by itself is killed, and that is an error. */
    public function stop(): void
    {
        try {
            if ($this->exitCode === null) {
                $this->interrupt();
                $this->waitForExit();
            }
        } finally {
            if ($this->exitCode === null) {
                posix_kill(-$this->pid, SIGKILL);
            }
            $this->stopDaemon();
        }
    }

    public function removeDirectory(): void
    {
        array_map('unlink', array_filter(glob("$this->directory/*") ?: [], 'file_exists'));
        @rmdir($this->directory);
    }

    private function stopDaemon(): void
    {
        $daemon = $this->masterPid();
        if ($daemon === 0 || $daemon === $this->pid || !ProcessTable::isAlive($daemon)) {
            return;
        }
        $processes = [$daemon, ...ProcessTable::children($daemon)];
        posix_kill($daemon, SIGINT);
        try {
            Wait::until(static fn (): bool => !ProcessTable::isAlive($daemon), 'the end of the daemon');
        } finally {
            foreach (array_filter($processes, ProcessTable::isAlive(...)) as $pid) {
                posix_kill($pid, SIGKILL);
            }
        }
    }

    /**
     * @param list<string> $command
     * @return resource
     */
    private function open(array $command, string $file)
    {
        $output = ['file', $file, 'a'];
        $process = proc_open(
            $command,
            [['file', '/dev/null', 'r'], $output, $output],
            $pipes,
            dirname($this->program[array_key_last($this->program)]),
            $this->environment,
        );
        return $process === false ? throw new RuntimeException("cannot start $command[0]") : $process;
    }

    private function failIfEnded(): bool
    {
        // The process that has started a daemon ends early.
        if ($this->exitCode === null && !proc_get_status($this->process)['running']) {
            throw new RuntimeException("the server ended at once, its output is:\n" . $this->output());
        }
        return false;
    }

    private static function temporaryDirectory(): string
    {
        $directory = sys_get_temp_dir() . '/ouvrier-test-' . bin2hex(random_bytes(6));
        mkdir($directory, 0o700);
        return $directory;
    }
}
