--TEST--
The head of a file is written by createHeadForFile(), which a subclass may call and override
--FILE--
<?php
use Workerman\Protocols\Http\Response;

class Page extends Response
{
    public function head(array $info): string
    {
        return $this->createHeadForFile($info);
    }
}

class Own extends Response
{
    protected function createHeadForFile(array $fileInfo): string
    {
        return 'own head of ' . basename($fileInfo['file']) . ', then ' . strtok(parent::createHeadForFile($fileInfo), "\r");
    }
}

$folder = __DIR__ . '/head_of_a_file.' . getmypid();
mkdir($folder);
file_put_contents("$folder/page.html", 'content');
touch("$folder/page.html", 784111777);

$page = new Page(203, ['X-Own' => ['a', 'b']]);
echo strtr($page->head(['file' => "$folder/page.html"]), ["\r" => '']);
echo strtr((string) $page->withFile("$folder/page.html"), ["\r" => '']);
echo strtr((new Page())->head(['file' => "$folder/missing"]), ["\r" => '']);
echo (new Own())->withFile("$folder/page.html"), "\n";

unlink("$folder/page.html");
rmdir($folder);
--EXPECT--
HTTP/1.1 203 Non-Authoritative Information
X-Own: a
X-Own: b
Connection: keep-alive
Content-Type: text/html
Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT
ETag: "2ebc98a1-0-7"

HTTP/1.1 203 Non-Authoritative Information
X-Own: a
X-Own: b
Connection: keep-alive
Content-Type: text/html
Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT
ETag: "2ebc98a1-0-7"

HTTP/1.1 200 OK
Connection: keep-alive
Content-Type: application/octet-stream
Content-Disposition: attachment; filename="missing"

own head of page.html, then HTTP/1.1 200 OK
