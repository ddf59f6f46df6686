<?php

declare(strict_types=1);

/*
 * Runs the Autobahn test suite against the server and against the client, and compares what it says with `expected.txt`:
 *
 *     PYTHON=python2.7 SUITE=directory php run.php quick|all|write
 *
 * `quick` leaves out the cases that take long, and `write` writes the expectations anew. SUITE holds the packages of the suite.
 */

const QUICK = ['1.*', '2.*', '3.*', '4.*', '5.*', '6.*', '7.*', '9.*', '10.*', '12.1.1', '12.2.1', '12.3.1', '12.4.1', '12.5.1', '13.1.1', '13.2.1', '13.3.1', '13.4.1', '13.5.1', '13.6.1', '13.7.1'];
const ALL = ['*'];
/** Behaviour that is as good as the suite knows it. */
const GOOD = ['OK', 'INFORMATIONAL', 'UNIMPLEMENTED'];

[, $mode] = $argv + [1 => 'quick'];
$cases = $mode === 'quick' ? QUICK : ALL;
$directory = dirname(__DIR__, 2) . '/target/autobahn';
@mkdir($directory, recursive: true);

$found = against_server($directory, $cases) + against_client($directory, $cases);
uksort($found, 'strnatcmp');
$lines = array_map(static fn (string $case, string $behaviour) => "$case $behaviour\n", array_keys($found), $found);
if ($mode === 'write') {
    file_put_contents(__DIR__ . '/expected.txt', $lines);
}
exit(compare($found, $mode !== 'quick'));

/**
 * @param list<string> $cases
 * @return array<string, string> what the suite says of each case
 */
function against_server(string $directory, array $cases): array
{
    $port = free_port();
    $server = start([PHP_BINARY, __DIR__ . '/echo.php', 'start'], "$directory/server", $port);
    wait_for($port, $server);
    $suite = suite('fuzzingclient', "$directory/server", $cases, [
        'servers' => [['agent' => 'websocket', 'url' => "ws://127.0.0.1:$port"]],
    ]);
    proc_close($suite);
    stop($server);
    return results("$directory/server", 'websocket');
}

/**
 * @param list<string> $cases
 * @return array<string, string> what the suite says of each case
 */
function against_client(string $directory, array $cases): array
{
    $port = free_port();
    $suite = suite('fuzzingserver', "$directory/client", $cases, ['url' => "ws://127.0.0.1:$port"]);
    wait_for($port, $suite);
    @unlink("$directory/client.done");
    $client = start([PHP_BINARY, __DIR__ . '/dial.php', 'start'], "$directory/client", $port);
    while (!is_file("$directory/client.done") && proc_get_status($client)['running']) {
        usleep(50_000);
        clearstatcache();
    }
    stop($client);
    stop($suite);
    return results("$directory/client", 'ws');
}

/**
 * @param list<string> $cases
 * @param array<string, mixed> $specification
 * @return resource the process
 */
function suite(string $mode, string $files, array $cases, array $specification)
{
    array_map('unlink', glob("$files/*") ?: []);
    file_put_contents("$files.json", json_encode($specification + [
        'outdir' => $files,
        'cases' => $cases,
        'exclude-cases' => [],
        'exclude-agent-cases' => (object) [],
    ]));
    // Its page, on port 8080, is nothing to us.
    $command = [getenv('PYTHON'), getenv('SUITE') . '/bin/wstest', '-m', $mode, '-u', '0', '-s', "$files.json"];
    return start($command, "$files-suite", 0, ['PYTHONPATH' => getenv('SUITE')]);
}

/**
 * @param list<string> $command
 * @param array<string, string> $environment
 * @return resource the process
 */
function start(array $command, string $files, int $port, array $environment = [])
{
    $environment += ['FILES' => $files, 'PORT' => (string) $port] + getenv();
    $output = ['file', "$files.output", 'w'];
    $process = proc_open($command, [['file', '/dev/null', 'r'], $output, $output], $pipes, null, $environment);
    return $process ?: throw new RuntimeException("cannot start $command[0]");
}

/** @param resource $process */
function stop($process): void
{
    proc_terminate($process, SIGINT);
    proc_close($process);
}

function free_port(): int
{
    $listener = stream_socket_server('tcp://127.0.0.1:0');
    return (int) substr(strrchr(stream_socket_get_name($listener, false), ':'), 1);
}

/** @param resource $process who is to listen */
function wait_for(int $port, $process): void
{
    while (!($connection = @stream_socket_client("tcp://127.0.0.1:$port"))) {
        if (!proc_get_status($process)['running']) {
            throw new RuntimeException("nobody listens on $port, see target/autobahn");
        }
        usleep(50_000);
    }
    fclose($connection);
}

/** @return array<string, string> */
function results(string $directory, string $agent): array
{
    $index = json_decode((string) file_get_contents("$directory/index.json"), true)[$agent] ?? [];
    $found = [];
    foreach ($index as $case => $result) {
        $found["$agent $case"] = "$result[behavior] $result[behaviorClose]";
    }
    return $found;
}

/** @param array<string, string> $found */
function compare(array $found, bool $all): int
{
    $failures = [];
    $expected = [];
    foreach (file(__DIR__ . '/expected.txt', FILE_IGNORE_NEW_LINES) as $line) {
        [$agent, $case, $behaviour] = explode(' ', $line, 3);
        $expected["$agent $case"] = $behaviour;
    }
    foreach ($found as $case => $behaviour) {
        if ($behaviour !== ($expected[$case] ?? null)) {
            $failures[] = "$case: $behaviour, expected: " . ($expected[$case] ?? 'nothing');
        }
        if (array_diff(explode(' ', $behaviour), GOOD) !== []) {
            $failures[] = "$case: $behaviour is not good enough";
        }
    }
    if ($all) {
        $missing = array_keys(array_diff_key($expected, $found));
        array_push($failures, ...array_map(static fn (string $case) => "$case was not run", $missing));
    }
    foreach (['websocket', 'ws'] as $agent) {
        $own = array_filter(array_keys($found), static fn (string $case) => str_starts_with($case, "$agent "));
        echo "Autobahn: $agent: ", count($own), " cases\n";
        if ($own === []) {
            $failures[] = "$agent: no case was run";
        }
    }
    echo implode("\n", $failures), $failures === [] ? "Autobahn: as expected\n" : "\n";
    return $failures === [] ? 0 : 1;
}
