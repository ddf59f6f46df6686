--TEST--
A status that has not three digits is sent as 500, and stays what it is in the object
--FILE--
<?php
use Workerman\Protocols\Http\Response;

$line = static fn (Response $response): string => strstr((string) $response, "\r\n", true);
foreach ([PHP_INT_MIN, -1, 0, 99, 1000, 40001, 65736, PHP_INT_MAX] as $status) {
    $response = new Response($status, [], 'text');
    echo $response->getStatusCode(), ': ', $line($response), "\n";
}
foreach ([100, 599, 999] as $status) {
    echo $line((new Response())->withStatus($status)), "\n";
}
echo $line((new Response())->withStatus(0, 'Own reason')), "\n";
echo strstr((string) new Response(1204, [], 'text'), "\r\n\r\n"), "\n";
?>
--EXPECT--
-9223372036854775808: HTTP/1.1 500 Internal Server Error
-1: HTTP/1.1 500 Internal Server Error
0: HTTP/1.1 500 Internal Server Error
99: HTTP/1.1 500 Internal Server Error
1000: HTTP/1.1 500 Internal Server Error
40001: HTTP/1.1 500 Internal Server Error
65736: HTTP/1.1 500 Internal Server Error
9223372036854775807: HTTP/1.1 500 Internal Server Error
HTTP/1.1 100 Continue
HTTP/1.1 599 
HTTP/1.1 999 
HTTP/1.1 500 Own reason


text
