--TEST--
Http: what is no response and cannot become a string is a TypeError that says so, objects included
--FILE--
<?php
use Workerman\Connection\TcpConnection;
use Workerman\Protocols\Http;

class Connection extends TcpConnection
{
    public function __construct()
    {
    }
}

$text = new class {
    public function __toString(): string
    {
        return 'as it is';
    }
};
foreach ([$text, new stdClass(), [], null] as $value) {
    try {
        echo Http::encode($value, new Connection()), "\n";
    } catch (TypeError $error) {
        echo $error->getMessage(), "\n";
    }
}
?>
--EXPECT--
as it is
send(): the protocol of this connection sends strings, stdClass given; encode it first, with json_encode() for example
send(): the protocol of this connection sends strings, array given; encode it first, with json_encode() for example
send(): the protocol of this connection sends strings, null given; encode it first, with json_encode() for example
