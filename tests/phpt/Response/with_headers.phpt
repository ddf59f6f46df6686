--TEST--
With headers: those in order, then what is missing
--FILE--
<?php
use Workerman\Protocols\Http\Response;

$response = new Response(201, ['X-B' => 'b', 'X-A' => ['1', '2']], 'body');
echo json_encode((string) $response, JSON_UNESCAPED_SLASHES), "\n";
$response = (new Response())->withHeaders(['Connection' => 'close', 'Content-Type' => 'text/plain'])->withStatus(299, 'Odd')
    ->withProtocolVersion('1.0')->withBody('x');
echo json_encode((string) $response, JSON_UNESCAPED_SLASHES), "\n";
--EXPECT--
"HTTP/1.1 201 Created\r\nX-B: b\r\nX-A: 1\r\nX-A: 2\r\nConnection: keep-alive\r\nContent-Type: text/html;charset=utf-8\r\nContent-Length: 4\r\n\r\nbody"
"HTTP/1.0 299 Odd\r\nConnection: close\r\nContent-Type: text/plain\r\nContent-Length: 1\r\n\r\nx"
