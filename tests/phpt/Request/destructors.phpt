--TEST--
The destructor of a subclass runs, the files of a form are removed with their request, and __destruct() may be called by hand
--FILE--
<?php
use Workerman\Protocols\Http\Request;

$form = "POST / HTTP/1.1\r\nHost: a\r\nContent-Type: multipart/form-data; boundary=b\r\n\r\n"
    . "--b\r\nContent-Disposition: form-data; name=\"f\"; filename=\"x\"\r\n\r\ndata\r\n--b--\r\n";
$upload = static fn (Request $request): string => $request->file('f')['tmp_name'];

$request = new Request($form);
$path = $upload($request);
var_dump(is_file($path));
unset($request);
var_dump(is_file($path));

class Own extends Request
{
    public function __destruct()
    {
        echo "own\n";
        parent::__destruct();
    }
}
$request = new Own($form);
$path = $upload($request);
$request = null;
var_dump(is_file($path));

class Heir extends Request
{
}
$request = new Heir($form);
$path = $upload($request);
$request = null;
var_dump(is_file($path));

$request = new Request($form);
$path = $upload($request);
$request->__destruct();
var_dump(is_file($path));
--EXPECT--
bool(true)
bool(false)
own
bool(false)
bool(false)
bool(false)
