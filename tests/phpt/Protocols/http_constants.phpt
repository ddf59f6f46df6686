--TEST--
Http: refusals and the limit of the head
--FILE--
<?php
use Workerman\Protocols\Http;

class Peek extends Http
{
    public static function constants(): array
    {
        return [self::HTTP_400, self::HTTP_413, self::HTTP_431, self::MAX_HEADER_LENGTH];
    }
}

echo json_encode(Peek::constants()), "\n";
var_dump((new ReflectionClassConstant(Http::class, 'HTTP_400'))->isProtected(), Http::requestClass());
--EXPECT--
["HTTP\/1.1 400 Bad Request\r\nConnection: close\r\n\r\n","HTTP\/1.1 413 Payload Too Large\r\nConnection: close\r\n\r\n","HTTP\/1.1 431 Request Header Fields Too Large\r\nConnection: close\r\n\r\n",16384]
bool(true)
string(32) "Workerman\Protocols\Http\Request"
