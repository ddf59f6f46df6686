--TEST--
A header that could end its line is not sent
--FILE--
<?php
use Workerman\Protocols\Http\Response;

$response = new Response(200, ['X-Good' => 'yes', "X-Bad" => "a\r\nX-Injected: 1", "X\r\nY" => 'z', 'X:Y' => 'z'], '');
echo json_encode((string) $response, JSON_UNESCAPED_SLASHES), "\n";
--EXPECT--
"HTTP/1.1 200 OK\r\nX-Good: yes\r\nConnection: keep-alive\r\nContent-Type: text/html;charset=utf-8\r\nContent-Length: 0\r\n\r\n"
