--TEST--
A query is what parse_str() makes of it, whatever it is made of
--FILE--
<?php
use Workerman\Protocols\Http\Request;

$queries = [
    '', '=', 'a', 'a=', '=a', 'a=1', 'a=1&b=2', 'a=1&a=2', 'a=1&&b=2', '&a=1', 'a=1&', 'a=b=c', 'a-b_C9=x', 'a.b=1', 'a b=1', ' a=1',
    '5=five&05=other&-1=minus&-0=none', '7=a&7=b', 'a[]=1&a[]=2', 'a[b]=1', 'a[=1', 'a%5B%5D=1', 'a=%41+b', 'a=%zz', 'a=1;b=2', 'a=ü', 'ü=a',
    'this=1', 'GLOBALS=1', '_SERVER=1', 'a=' . str_repeat('x', 9000), implode('&', array_map(static fn ($i) => "k$i=$i", range(1, 40))),
];
mt_srand(5);
for ($i = 0; $i < 3000; $i++) {
    $query = '';
    for ($length = mt_rand(1, 12); $length > 0; $length--) {
        $query .= 'aab019-_&&==.+%[]~'[mt_rand(0, 17)];
    }
    $queries[] = $query;
}
foreach ($queries as $query) {
    parse_str($query, $expected);
    $found = (new Request("GET /?$query HTTP/1.1\r\nHost: a\r\n\r\n"))->get();
    if (!str_contains($query, ' ') && $found !== $expected) {
        var_dump($query, $found, $expected);
    }
    $body = (new Request("POST / HTTP/1.1\r\nHost: a\r\n\r\n$query"))->post();
    if ($body !== $expected) {
        var_dump($query, $body, $expected);
    }
}
echo "done\n";
--EXPECT--
done
