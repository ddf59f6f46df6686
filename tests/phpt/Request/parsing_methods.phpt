--TEST--
A subclass calls the methods that parse, and they put into $data what Workerman's do
--FILE--
<?php
use Workerman\Protocols\Http\Request;

class Open extends Request
{
    public function run(string $method, mixed ...$arguments): mixed
    {
        return $this->$method(...$arguments);
    }

    public function data(): array
    {
        ksort($this->data);
        return $this->data;
    }

    public function put(string $key, mixed $value): void
    {
        $this->data[$key] = $value;
    }
}

function show(mixed $value): void
{
    echo json_encode($value, JSON_UNESCAPED_SLASHES), "\n";
}

$buffer = "POST /a/b?x=1&y[]=2 HTTP/1.1\r\nHost: a\r\nX-One: 1\r\nX-one: 2\r\nContent-Length: 7\r\n\r\nc=3&d=4";
foreach (['parseHeadFirstLine', 'parseProtocolVersion', 'parseUriComponents', 'parseHeaders', 'parseGet', 'parsePost'] as $method) {
    $request = new Open($buffer);
    show($request->run($method));
    $data = $request->data();
    if ($method === 'parseUriComponents' || $method === 'parseGet') {
        unset($data['method'], $data['uri'], $data['path'], $data['query_string']);
        show($request->path() . '?' . $request->queryString());
    }
    unset($data['head']);
    if ($method === 'parsePost') {
        unset($data['headers']);
    }
    show($data);
}

echo "parsing anew replaces what was written\n";
$request = new Open($buffer);
$request->put('get', ['x' => 'mine']);
$request->put('post', ['c' => 'mine']);
show([$request->get(), $request->post()]);
$request->run('parseGet');
$request->run('parsePost');
show([$request->get(), $request->post()]);

echo "what depends on a part follows it\n";
$request = new Open($buffer);
$request->put('uri', '/other?z=9');
show([$request->path(), $request->queryString(), $request->get(), $request->method()]);
$request = new Open($buffer);
$request->put('head', "GET / HTTP/1.1\r\nHost: other\r\nCookie: a=1");
show([$request->host(), $request->header(), $request->cookie()]);
$request = new Open($buffer);
$request->put('headers', ['cookie' => 'b=2; c=3', 'content-type' => 'application/json']);
show([$request->cookie(), $request->post()]);
--EXPECT--
null
{"method":"POST","uri":"/a/b?x=1&y[]=2"}
null
{"protocolVersion":"1.1"}
null
"/a/b?x=1&y[]=2"
[]
null
{"headers":{"host":"a","x-one":"1,2","content-length":"7"}}
null
"/a/b?x=1&y[]=2"
{"get":{"x":"1","y":["2"]}}
null
{"files":[],"post":{"c":"3","d":"4"}}
parsing anew replaces what was written
[{"x":"mine"},{"c":"mine"}]
[{"x":"1","y":["2"]},{"c":"3","d":"4"}]
what depends on a part follows it
["/other","z=9",{"z":"9"},"POST"]
["other",{"host":"other","cookie":"a=1"},{"a":"1"}]
[{"b":"2","c":"3"},[]]
