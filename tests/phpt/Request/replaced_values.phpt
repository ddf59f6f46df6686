--TEST--
What is replaced may write to the same request in its destructor
--FILE--
<?php
use Workerman\Protocols\Http\Request;

$request = new Request("GET / HTTP/1.1\r\n\r\n");
$request->x = new class ($request) {
    public function __construct(private Request $request) {}

    public function __destruct()
    {
        for ($number = 0; $number < 5000; $number++) {
            $this->request->{"k$number"} = str_repeat('x', 100);
        }
    }
};
$request->x = 1;
var_dump($request->x, count($request->properties), array_key_first($request->properties));
--EXPECT--
int(1)
int(5001)
string(1) "x"
