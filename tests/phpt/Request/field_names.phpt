--TEST--
Names of header fields are in lower case, usual ones and others, and those of one name are joined
--FILE--
<?php
use Workerman\Protocols\Http\Request;

$names = ['Accept', 'HOST', 'cookie', 'Sec-Fetch-Mode', 'Access-Control-Request-Headers', 'X-Access-Control-Request-Headers', 'X', '7', 'Xx-Real-Ip'];
$lines = '';
foreach ([...$names, ...array_map(strtoupper(...), $names)] as $number => $name) {
    $lines .= "$name: $number\r\n";
}
$request = new Request("GET / HTTP/1.1\r\n$lines\r\nAccept: of the body\r\n\r\n");
echo json_encode($request->header()), "\n";
echo implode(' ', array_map($request->header(...), $names)), "\n";
var_dump($request->header('Referer'), $request->header('referers', 'none'));
--EXPECT--
{"accept":"0,9","host":"1,10","cookie":"2,11","sec-fetch-mode":"3,12","access-control-request-headers":"4,13","x-access-control-request-headers":"5,14","x":"6,15","7":"7,16","xx-real-ip":"8,17"}
0,9 1,10 2,11 3,12 4,13 5,14 6,15 7,16 8,17
NULL
string(4) "none"
