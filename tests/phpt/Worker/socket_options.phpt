--TEST--
Options of the socket are carried out; those that a worker, or a client, cannot carry out are refused
--EXTENSIONS--
sockets
--FILE--
<?php
use Workerman\Connection\AsyncTcpConnection;
use Workerman\Connection\AsyncUdpConnection;
use Workerman\Events\Select;
use Workerman\Worker;

/** What the system says of a listening socket. */
function options(string $address, array $options): void
{
    $worker = new Worker($address, ['socket' => $options]);
    $worker->listen();
    $socket = socket_import_stream($worker->getMainSocket());
    $is = static fn (int $level, int $option): bool => (bool) socket_get_option($socket, $level, $option);
    echo json_encode([
        'v6only' => str_contains($address, '[') && $is(IPPROTO_IPV6, IPV6_V6ONLY),
        'nodelay' => !str_starts_with($address, 'udp') && $is(SOL_TCP, TCP_NODELAY),
        'broadcast' => $is(SOL_SOCKET, SO_BROADCAST),
        'reusePort' => $worker->reusePort,
    ]), "\n";
    $worker->unlisten();
}

options('tcp://127.0.0.1:0', []);
options('tcp://127.0.0.1:0', ['tcp_nodelay' => false, 'backlog' => 5, 'so_reuseport' => false]);
options('tcp://[::]:0', []);
options('tcp://[::]:0', ['ipv6_v6only' => true]);
options('udp://[::]:0', ['ipv6_v6only' => 1]);
options('udp://127.0.0.1:0', ['so_broadcast' => true]);

var_dump((new Worker('tcp://127.0.0.1:0', ['socket' => ['so_reuseport' => true]]))->reusePort);

function refused(callable $call): void
{
    try {
        $call();
        echo "done\n";
    } catch (Throwable $error) {
        echo $error::class, ': ', $error->getMessage(), "\n";
    }
}

refused((new Worker('tcp://127.0.0.1:0', ['socket' => ['bindto' => '127.0.0.1:0']]))->listen(...));
refused((new Worker('tcp://127.0.0.1:0', ['socket' => ['so_reuseprot' => true]]))->listen(...));
refused((new Worker('tcp://127.0.0.1:0', ['socket' => 'backlog']))->listen(...));

$loop = new Select();
$tcp = static function (array $options) use ($loop): AsyncTcpConnection {
    $client = new AsyncTcpConnection('tcp://127.0.0.1:9', ['socket' => $options]);
    $client->eventLoop = $loop;
    return $client;
};
refused($tcp(['backlog' => 5])->connect(...));
refused($tcp(['bindto' => '127.0.0.1:0', 'tcp_nodelay' => false])->connect(...));
$udp = new AsyncUdpConnection('udp://127.0.0.1:9', ['socket' => ['tcp_nodelay' => true]]);
$udp->eventLoop = $loop;
refused($udp->connect(...));
--EXPECT--
{"v6only":false,"nodelay":true,"broadcast":false,"reusePort":false}
{"v6only":false,"nodelay":false,"broadcast":false,"reusePort":false}
{"v6only":false,"nodelay":true,"broadcast":false,"reusePort":false}
{"v6only":true,"nodelay":true,"broadcast":false,"reusePort":false}
{"v6only":true,"nodelay":false,"broadcast":false,"reusePort":false}
{"v6only":false,"nodelay":false,"broadcast":true,"reusePort":false}
bool(true)
RuntimeException: the option socket.bindto is not known here; those are backlog, ipv6_v6only, so_broadcast, so_reuseport, tcp_nodelay
RuntimeException: the option socket.so_reuseprot is not known here; those are backlog, ipv6_v6only, so_broadcast, so_reuseport, tcp_nodelay
ValueError: Options should have the form ["wrappername"]["optionname"] = $value
RuntimeException: the option socket.backlog is not known here; those are bindto, tcp_nodelay
done
RuntimeException: the option socket.tcp_nodelay is not known here; those are bindto, so_broadcast
