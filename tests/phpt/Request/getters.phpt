--TEST--
Getters over a raw buffer
--FILE--
<?php
use Workerman\Protocols\Http\Request;

$buffer = "POST /a/b.php?x=1&y[]=2&y[]=3 HTTP/1.1\r\nHost: example.com:8080\r\nX-Two:  one \r\nx-two: two\r\n"
    . "Cookie: a=1; b=%20; noequals; a=2\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 9\r\n\r\nk=v&l[]=m";
$request = new Request($buffer);
echo json_encode([
    $request->method(), $request->uri(), $request->path(), $request->queryString(), $request->protocolVersion(),
    $request->host(), $request->host(true), $request->get(), $request->get('x'), $request->post(), $request->post('k'),
    $request->header('X-Two'), $request->header('nope', 'default'), $request->cookie(), $request->cookie('b'),
], JSON_UNESCAPED_SLASHES | JSON_PRETTY_PRINT), "\n";
var_dump($request->rawBody(), $request->rawBuffer() === $buffer, (string) $request === $buffer, strlen($request->rawHead()));
--EXPECTF--
[
    "POST",
    "/a/b.php?x=1&y[]=2&y[]=3",
    "/a/b.php",
    "x=1&y[]=2&y[]=3",
    "1.1",
    "example.com:8080",
    "example.com",
    {
        "x": "1",
        "y": [
            "2",
            "3"
        ]
    },
    "1",
    {
        "k": "v",
        "l": [
            "m"
        ]
    },
    "v",
    "one,two",
    "default",
    {
        "a": "2",
        "b": "%20"
    },
    "%20"
]
string(9) "k=v&l[]=m"
bool(true)
bool(true)
int(%d)
