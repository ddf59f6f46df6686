--TEST--
Values may be replaced among many
--FILE--
<?php
use Workerman\Protocols\Http\Request;

$request = new Request("GET / HTTP/1.1\r\n\r\n");
for ($round = 0; $round < 3; $round++) {
    for ($number = 0; $number < 100; $number++) {
        $request->{"name$number"} = $round + $number;
        $request->$number = $round - $number;
    }
}
$expected = [];
for ($number = 0; $number < 100; $number++) {
    $expected["name$number"] = 2 + $number;
    $expected[$number] = 2 - $number;
}
var_dump($request->properties === $expected);
foreach ($expected as $name => $value) {
    if ($request->$name !== $value) {
        echo "$name is lost\n";
    }
}
var_dump(isset($request->none));
--EXPECT--
bool(true)
bool(false)
