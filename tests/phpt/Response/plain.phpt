--TEST--
Without headers: type, length, connection
--FILE--
<?php
use Workerman\Protocols\Http\Response;

echo json_encode((string) new Response(200, [], 'body'), JSON_UNESCAPED_SLASHES), "\n";
echo json_encode((string) new Response(404), JSON_UNESCAPED_SLASHES), "\n";
--EXPECT--
"HTTP/1.1 200 OK\r\nContent-Type: text/html;charset=utf-8\r\nContent-Length: 4\r\nConnection: keep-alive\r\n\r\nbody"
"HTTP/1.1 404 Not Found\r\nContent-Type: text/html;charset=utf-8\r\nContent-Length: 0\r\nConnection: keep-alive\r\n\r\n"
