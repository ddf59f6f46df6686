--TEST--
Parts beyond the limits are left out, and nothing of them is written
--INI--
max_input_vars=3
--FILE--
<?php
use Workerman\Protocols\Http;
use Workerman\Protocols\Http\Request;

function form(int $fields, int $files): Request
{
    $body = '';
    for ($i = 0; $i < $fields; $i++) {
        $body .= "--X\r\nContent-Disposition: form-data; name=\"field$i\"\r\n\r\n$i\r\n";
    }
    for ($i = 0; $i < $files; $i++) {
        $body .= "--X\r\nContent-Disposition: form-data; name=\"file$i\"; filename=\"$i\"\r\n\r\n$i\r\n";
    }
    return new Request("POST / HTTP/1.1\r\nHost: a\r\nContent-Type: multipart/form-data; boundary=X\r\n\r\n$body--X--\r\n");
}

$folder = __DIR__ . '/upload_limits.' . getmypid();
mkdir($folder);
Http::uploadTmpDir($folder);

$request = form(5, 5);
var_dump(array_keys($request->post()), array_keys($request->file()), count(glob("$folder/*")));

Request::$maxFileUploads = 2;
$request = form(1, 5);
var_dump(array_keys($request->post()), array_keys($request->file()), count(glob("$folder/*")));

echo "one field written twice\n";
$part = "--X\r\nContent-Disposition: form-data; name=\"f\"; filename=\"a\"\r\n\r\n1\r\n";
$request = new Request("POST / HTTP/1.1\r\nContent-Type: multipart/form-data; boundary=X\r\n\r\n$part$part--X--");
var_dump(count($request->file()), count(glob("$folder/*")));
unset($request);
rmdir($folder);

echo "no folder\n";
Http::uploadTmpDir('/dev/null/nowhere');
var_dump(@form(0, 1)->file('file0')['error']);
?>
--EXPECT--
array(3) {
  [0]=>
  string(6) "field0"
  [1]=>
  string(6) "field1"
  [2]=>
  string(6) "field2"
}
array(3) {
  [0]=>
  string(5) "file0"
  [1]=>
  string(5) "file1"
  [2]=>
  string(5) "file2"
}
int(3)
array(1) {
  [0]=>
  string(6) "field0"
}
array(1) {
  [0]=>
  string(5) "file0"
}
int(1)
one field written twice
int(1)
int(2)
no folder
int(0)
