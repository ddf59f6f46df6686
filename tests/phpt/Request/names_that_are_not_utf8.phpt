--TEST--
Fields, files and headers may have names that are not UTF-8
--FILE--
<?php
use Workerman\Protocols\Http\Request;
use Workerman\Protocols\Http\Response;

$body = "--b\r\nContent-Disposition: form-data; name=\"\xff\"; filename=\"f\"\r\n\r\ncontent\r\n"
    . "--b\r\nContent-Disposition: form-data; name=\"\xfe[\xfd]\"\r\n\r\nvalue\r\n--b--\r\n";
$request = new Request(
    "POST /?\xff=1 HTTP/1.1\r\nHost: a\r\nCookie: \xff=2\r\nContent-Type: multipart/form-data; boundary=b\r\n"
    . 'Content-Length: ' . strlen($body) . "\r\n\r\n" . $body
);
for ($time = 0; $time < 2; $time++) {
    echo bin2hex(serialize([$request->post(), array_keys($request->file()), $request->file("\xff")['name'], $request->get(), $request->cookie()])), "\n";
}
echo bin2hex((string) (new Response(204, ['Z' => ["k\xff" => 'v'], "\xff" => 'w']))), "\n";
--EXPECT--
613a353a7b693a303b613a313a7b733a313a22fe223b613a313a7b733a313a22fd223b733a353a2276616c7565223b7d7d693a313b613a313a7b693a303b733a313a22ff223b7d693a323b733a313a2266223b693a333b613a313a7b733a313a22ff223b733a313a2231223b7d693a343b613a313a7b733a313a22ff223b733a313a2232223b7d7d
613a353a7b693a303b613a313a7b733a313a22fe223b613a313a7b733a313a22fd223b733a353a2276616c7565223b7d7d693a313b613a313a7b693a303b733a313a22ff223b7d693a323b733a313a2266223b693a333b613a313a7b733a313a22ff223b733a313a2231223b7d693a343b613a313a7b733a313a22ff223b733a313a2232223b7d7d
485454502f312e3120323034204e6f20436f6e74656e740d0a5a3a20760d0aff3a20770d0a436f6e6e656374696f6e3a206b6565702d616c6976650d0a0d0a
