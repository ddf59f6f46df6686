--TEST--
Websocket: $websocketType counts, in whatever way the first of a process is set
--FILE--
<?php

declare(strict_types=1);

use Workerman\Connection\TcpConnection;
use Workerman\Protocols\Websocket;

const BINARY = Websocket::BINARY_TYPE_ARRAYBUFFER;

class Plain extends TcpConnection
{
    public function __construct()
    {
        $this->context = (object) ['websocketHandshake' => true];
    }
}

class Declaring extends Plain
{
    public string $websocketType = BINARY;
}

class Magic extends Plain
{
    public function __set(string $name, mixed $value): void
    {
        $this->$name = $value;
    }
}

/** A connection without a network, of no subclass. */
function connection(): TcpConnection
{
    $connection = (new ReflectionClass(TcpConnection::class))->newInstanceWithoutConstructor();
    $connection->context = (object) ['websocketHandshake' => true];
    return $connection;
}

$ways = [
    'never' => fn(TcpConnection $connection) => $connection->other = BINARY,
    'assigned' => fn(TcpConnection $connection) => $connection->websocketType = BINARY,
    'by a made name' => fn(TcpConnection $connection) => $connection->{'websocket' . ucfirst('type')} = BINARY,
    'where there is none' => fn(TcpConnection $connection) => $connection->websocketType ??= BINARY,
    'through a reference' => function (TcpConnection $connection): void {
        $type = &$connection->websocketType;
        $type = BINARY;
    },
    'as an element' => fn(TcpConnection $connection) => [$connection->websocketType] = [BINARY],
    'once all were seen' => function (TcpConnection $connection): void {
        $connection->other = 1;
        foreach ($connection as &$value) {
            unset($value);
        }
        $connection->websocketType = BINARY;
    },
    'and unset' => function (TcpConnection $connection): void {
        $connection->websocketType = BINARY;
        unset($connection->websocketType);
    },
    'and cloned' => function (TcpConnection $connection): TcpConnection {
        $connection->websocketType = BINARY;
        return clone $connection;
    },
    'in a subclass' => function (): TcpConnection {
        $connection = new Plain();
        $connection->websocketType = BINARY;
        return $connection;
    },
    'declared' => fn() => new Declaring(),
    'by __set()' => function (): TcpConnection {
        $connection = new Magic();
        $connection->websocketType = BINARY;
        return $connection;
    },
];

if (isset($argv[1])) {
    $connection = connection();
    $result = $ways[$argv[1]]($connection);
    echo bin2hex(Websocket::encode('x', $result instanceof TcpConnection ? $result : $connection)), "\n";
    return;
}
// Each in a process of its own, in which it is the first.
$php = getenv('TEST_PHP_EXECUTABLE') . ' ' . getenv('TEST_PHP_EXTRA_ARGS');
foreach (array_keys($ways) as $way) {
    echo str_pad($way, 20), shell_exec("$php " . escapeshellarg(__FILE__) . ' ' . escapeshellarg($way));
}
--EXPECT--
never               810178
assigned            820178
by a made name      820178
where there is none 820178
through a reference 820178
as an element       820178
once all were seen  820178
and unset           810178
and cloned          820178
in a subclass       820178
declared            820178
by __set()          820178
