--TEST--
A file stands in for the body; what is no file is a 404
--FILE--
<?php
use Workerman\Protocols\Http\Response;

$folder = __DIR__ . '/with_file.' . getmypid();
mkdir($folder);
file_put_contents("$folder/page.html", 'content');
touch("$folder/page.html", 784111777);

$response = new Response(200, ['X-Own' => 'a']);
var_dump($response->withFile("$folder/page.html", 1, 2) === $response);
var_dump($response->file === ['file' => "$folder/page.html", 'offset' => 1, 'length' => 2]);

foreach ([$folder, "$folder/nothing", "$folder/page.html\0", 'php://memory', ''] as $path) {
    $response = (new Response())->withFile($path);
    var_dump($response->file, $response->getStatusCode(), $response->rawBody());
}

echo "types\n";
foreach (['html', 'json', 'woff2', 'HTML', 'unknown', ''] as $extension) {
    var_dump((new Response())->getMimeType($extension));
}
class MyResponse extends Response
{
    public static function teach(string $extension, string $type): void
    {
        static::$mimeTypeMap[$extension] = $type;
    }
}
MyResponse::teach('unknown', 'text/x-unknown');
var_dump((new Response())->getMimeType('unknown'));

unlink("$folder/page.html");
rmdir($folder);
?>
--EXPECT--
bool(true)
bool(true)
NULL
int(404)
string(22) "<h3>404 Not Found</h3>"
NULL
int(404)
string(22) "<h3>404 Not Found</h3>"
NULL
int(404)
string(22) "<h3>404 Not Found</h3>"
NULL
int(404)
string(22) "<h3>404 Not Found</h3>"
NULL
int(404)
string(22) "<h3>404 Not Found</h3>"
types
string(9) "text/html"
string(16) "application/json"
string(10) "font/woff2"
string(24) "application/octet-stream"
string(24) "application/octet-stream"
string(24) "application/octet-stream"
string(14) "text/x-unknown"
