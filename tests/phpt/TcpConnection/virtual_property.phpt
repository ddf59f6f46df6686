--TEST--
A virtual property of a subclass is passed over
--SKIPIF--
<?php PHP_VERSION_ID >= 80400 || die('skip needs property hooks');
--FILE--
<?php

declare(strict_types=1);

use Workerman\Connection\TcpConnection;
use Workerman\Protocols\Websocket;

class Spy extends TcpConnection
{
    public string $websocketType {
        get => Websocket::BINARY_TYPE_ARRAYBUFFER;
        set {
            echo 'set to ', bin2hex($value), "\n";
        }
    }

    public function __construct()
    {
        $this->context = (object) ['websocketHandshake' => true];
    }
}

echo bin2hex(Websocket::encode('x', new Spy())), "\n";

?>
--EXPECT--
set to 81
810178
