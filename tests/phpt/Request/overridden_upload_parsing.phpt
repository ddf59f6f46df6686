--TEST--
A subclass calls and overrides the methods that parse forms with files
--FILE--
<?php
use Workerman\Protocols\Http;
use Workerman\Protocols\Http\Request;

$folder = __DIR__ . '/overridden_upload_parsing.' . getmypid();
mkdir($folder);
Http::uploadTmpDir($folder);

const BODY = "--X\r\nContent-Disposition: form-data; name=\"a[b]\"\r\n\r\n1 & 2\r\n"
    . "--X\r\nContent-Disposition: form-data; name=\"f[]\"; filename=\"one.txt\"\r\nContent-Type: text/plain\r\n\r\nfirst\r\n"
    . "--X\r\nContent-Disposition: form-data; name=\"f[]\"; filename=\"two.txt\"\r\n\r\nsecond\r\n--X--\r\n";
const REQUEST = "POST / HTTP/1.1\r\nHost: a\r\nContent-Type: multipart/form-data; boundary=X\r\n\r\n" . BODY;

class Open extends Request
{
    public function files(string $boundary): array
    {
        $this->parseUploadFiles($boundary);
        return $this->data;
    }

    public function parts(): void
    {
        $fields = $places = '';
        $files = [];
        $offset = strpos($this->buffer, "\r\n\r\n") + 4 + strlen("--X\r\n");
        while ($offset) {
            $offset = $this->parseUploadFile('--X', $offset, $fields, $places, $files);
        }
        parse_str($fields, $parsed);
        parse_str($places, $order);
        show([$parsed, $order, array_column($files, 'name'), array_map(file_get_contents(...), array_column($files, 'tmp_name'))]);
    }
}

class Own extends Request
{
    public array $boundaries = [];
    public array $offsets = [];

    protected function parseUploadFiles(string $httpPostBoundary): void
    {
        $this->boundaries[] = $httpPostBoundary;
        parent::parseUploadFiles($httpPostBoundary);
    }

    protected function parseUploadFile(string $boundary, int $sectionStartOffset, string &$postEncodeString, string &$filesEncodeStr, array &$files): int
    {
        $this->offsets[] = substr($this->buffer, $sectionStartOffset, 9);
        $before = count($files);
        $next = parent::parseUploadFile($boundary, $sectionStartOffset, $postEncodeString, $filesEncodeStr, $files);
        if (count($files) > $before) {
            $files[$before]['name'] = strtoupper($files[$before]['name']);
        }
        return $next;
    }
}

function show(mixed $value): void
{
    echo json_encode($value, JSON_UNESCAPED_SLASHES), "\n";
}

echo "called\n";
$request = new Open(REQUEST);
$data = $request->files('--X');
show([$data['post'], array_column($data['files']['f'], 'name'), count(glob("$folder/*"))]);
unset($request);
$request = new Open(REQUEST);
$request->parts();
unset($request);

echo "overridden\n";
$request = new Own(REQUEST);
show([$request->post(), array_column($request->file('f'), 'name'), $request->file('f')[1]['size']]);
show([$request->boundaries, $request->offsets]);
unset($request);

echo "and the files go with their requests\n";
show(count(glob("$folder/*")));
rmdir($folder);
--EXPECT--
called
[{"a":{"b":"1 & 2"}},["one.txt","two.txt"],2]
[{"a":{"b":"1 & 2"}},{"f":["0","1"]},["one.txt","two.txt"],["first","second"]]
overridden
[{"a":{"b":"1 & 2"}},["ONE.TXT","TWO.TXT"],6]
[["--X"],["Content-D","Content-D","Content-D","\r\n"]]
and the files go with their requests
0
