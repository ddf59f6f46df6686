--TEST--
The classes are the extension's, whatever an autoloader offers
--FILE--
<?php
use Workerman\Worker;

spl_autoload_register(static function (string $class): void {
    echo "asked for $class\n";
});
$classes = [
    Worker::class, Workerman\Timer::class, Workerman\Connection\TcpConnection::class,
    Workerman\Protocols\Websocket::class, Workerman\Protocols\Http\Request::class,
];
foreach ($classes as $class) {
    $reflection = new ReflectionClass($class);
    var_dump($reflection->isInternal(), $reflection->getExtensionName());
}
--EXPECT--
bool(true)
string(7) "ouvrier"
bool(true)
string(7) "ouvrier"
bool(true)
string(7) "ouvrier"
bool(true)
string(7) "ouvrier"
bool(true)
string(7) "ouvrier"
