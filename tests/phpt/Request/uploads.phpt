--TEST--
A form with files: names make arrays, contents are bytes, files go with the request
--FILE--
<?php
use Workerman\Protocols\Http;
use Workerman\Protocols\Http\Request;

/** @param list<string> $parts heads and contents, each with its blank line */
function form(array $parts): Request
{
    $body = implode('', array_map(static fn (string $part): string => "--X\r\n$part\r\n", $parts)) . "--X--\r\n";
    return new Request("POST / HTTP/1.1\r\nHost: a\r\nContent-Type: multipart/form-data; boundary=\"X\"; charset=utf-8\r\n"
        . 'Content-Length: ' . strlen($body) . "\r\n\r\n$body");
}

function named(string $name, ?string $file = null, string $more = ''): string
{
    return "Content-Disposition: form-data; name=\"$name\"" . ($file === null ? '' : "; filename=\"$file\"") . "\r\n$more\r\n";
}

var_dump(Http::uploadTmpDir() === sys_get_temp_dir());
$folder = __DIR__ . '/uploads.' . getmypid();
mkdir($folder);
var_dump(Http::uploadTmpDir($folder) === $folder, Http::uploadTmpDir() === $folder);

$bytes = "\0\r\n\xff--X";
$request = form([
    named('a.b') . "1 & 2=3",
    named('list[]') . 'x',
    named('list[]') . 'y',
    named('deep[one][two]') . $bytes,
    named('file', 'photo.png', "Content-Type: image/png\r\n") . $bytes,
    named('files[a][]', 'one', "webkitRelativePath: folder/one\r\n") . '1',
    named('files[a][]', 'two') . '',
    named('none', '', "Content-Type: application/octet-stream\r\n"),
]);
var_dump($request->post('a_b'), $request->post('list'), $request->post('deep')['one']['two'] === $bytes);
$file = $request->file('file');
$path = $file['tmp_name'];
var_dump(dirname($path) === $folder, str_starts_with(basename($path), 'workerman.upload.'), file_get_contents($path) === $bytes);
printf("%o\n", fileperms($path) & 0o777);
unset($file['tmp_name']);
echo json_encode($file), "\n";
foreach ($request->file('files')['a'] as $entry) {
    echo json_encode([$entry['name'], $entry['full_path'], $entry['size'], $entry['error'], $entry['type'], filesize($entry['tmp_name'])]), "\n";
}
var_dump($request->file('none')['error'] === UPLOAD_ERR_NO_FILE, $request->file('none')['tmp_name'], $request->file('nothing'));
var_dump(array_keys($request->file()), count(glob("$folder/*")));

echo "moved\n";
rename($path, "$folder/kept");
var_dump(is_file($request->file('file')['tmp_name']), $request->file('file')['tmp_name'] === $path);

echo "gone with the last request that knows them\n";
$copy = clone $request;
unset($request);
var_dump(is_file($copy->file('file')['tmp_name']));
unset($copy);
var_dump(array_map(basename(...), glob("$folder/*")));

echo "no form\n";
$request = new Request("POST / HTTP/1.1\r\nHost: a\r\nContent-Type: text/plain\r\n\r\na=b");
var_dump($request->file(), $request->file('a'), $request->post());

unlink("$folder/kept");
rmdir($folder);
?>
--EXPECT--
bool(true)
bool(true)
bool(true)
string(7) "1 & 2=3"
array(2) {
  [0]=>
  string(1) "x"
  [1]=>
  string(1) "y"
}
bool(true)
bool(true)
bool(true)
bool(true)
600
{"name":"photo.png","size":7,"error":0,"full_path":"photo.png","type":"image\/png"}
["one","folder\/one",1,0,"",1]
["two","two",0,0,"",0]
bool(true)
string(0) ""
NULL
array(3) {
  [0]=>
  string(4) "file"
  [1]=>
  string(5) "files"
  [2]=>
  string(4) "none"
}
int(3)
moved
bool(true)
bool(false)
gone with the last request that knows them
bool(true)
array(1) {
  [0]=>
  string(4) "kept"
}
no form
array(0) {
}
NULL
array(1) {
  ["a"]=>
  string(1) "b"
}
