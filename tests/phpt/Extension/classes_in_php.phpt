--TEST--
Classes that are written in PHP are there without an autoloader, and whatever one offers
--FILE--
<?php
use Workerman\Protocols\Http\Session;
use Workerman\Protocols\Http\Session\FileSessionHandler;
use Workerman\Protocols\Http\Session\SessionHandlerInterface;

spl_autoload_register(static function (string $class): void {
    echo "asked for $class\n";
});
var_dump(class_exists(\WORKERMAN\protocols\http\session::class));
var_dump(interface_exists(SessionHandlerInterface::class));
var_dump(is_subclass_of(Session\RedisClusterSessionHandler::class, SessionHandlerInterface::class));

$own = new class (['save_path' => sys_get_temp_dir()]) extends FileSessionHandler {
};
var_dump($own instanceof SessionHandlerInterface);

$method = new ReflectionMethod(Session::class, 'put');
var_dump((string) $method->getParameters()[0]->getType(), $method->getFileName());
var_dump(class_exists('Workerman\Protocols\Http\Nothing'));
?>
--EXPECT--
bool(true)
bool(true)
bool(true)
bool(true)
string(12) "array|string"
string(44) "ouvrier:Workerman/Protocols/Http/Session.php"
asked for Workerman\Protocols\Http\Nothing
bool(false)
