--TEST--
Cookies become Set-Cookie lines
--FILE--
<?php
use Workerman\Protocols\Http\Response;

$response = (new Response())->cookie('a', 'b c', 60, '/', 'example.com', true, true, 'Strict')->cookie('d', 'e');
echo json_encode($response->getHeader('Set-Cookie'), JSON_UNESCAPED_SLASHES), "\n";
--EXPECT--
["a=b%20c; Domain=example.com; Max-Age=60; Path=/; Secure; HttpOnly; SameSite=Strict","d=e"]
