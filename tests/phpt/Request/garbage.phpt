--TEST--
A request of rubbish answers without a warning
--FILE--
<?php
use Workerman\Protocols\Http\Request;

foreach (['', 'rubbish', "\0\xFF\r\n\r\n", "GET\r\n\r\n", "GET /?a[=1 HTTP/9\r\n: x\r\nno colon\r\n\r\n"] as $buffer) {
    $request = new Request($buffer);
    $request->method();
    $request->uri();
    $request->path();
    $request->get();
    $request->post();
    $request->header();
    $request->cookie();
    $request->rawBody();
}
echo "alive\n";
--EXPECT--
alive
