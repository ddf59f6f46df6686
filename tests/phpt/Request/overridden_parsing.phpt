--TEST--
A subclass that overrides a method which parses is asked, once for each part, whoever asks for the part
--FILE--
<?php
use Workerman\Protocols\Http\Request;

class Own extends Request
{
    public array $asked = [];

    protected function parseHeadFirstLine(): void
    {
        $this->asked[] = __FUNCTION__;
        parent::parseHeadFirstLine();
        $this->data['uri'] = '/own' . $this->data['uri'];
    }

    protected function parseProtocolVersion(): void
    {
        $this->asked[] = __FUNCTION__;
        $this->data['protocolVersion'] = '9.9';
    }

    protected function parseUriComponents(): void
    {
        $this->asked[] = __FUNCTION__;
        parent::parseUriComponents();
        $this->data['query_string'] .= '&own=1';
    }

    protected function parseHeaders(): void
    {
        $this->asked[] = __FUNCTION__;
        parent::parseHeaders();
        $this->data['headers']['x-own'] = 'yes';
    }

    protected function parseGet(): void
    {
        $this->asked[] = __FUNCTION__;
        parent::parseGet();
        $this->data['get'] += ['more' => 'own'];
    }

    protected function parsePost(): void
    {
        $this->asked[] = __FUNCTION__;
        parent::parsePost();
        $this->data['post']['own'] = $this->rawBody();
    }

    public function rawBody(): string
    {
        return strtoupper(parent::rawBody());
    }
}

function show(mixed $value): void
{
    echo json_encode($value, JSON_UNESCAPED_SLASHES), "\n";
}

$request = new Own("POST /a?x=1 HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nb=c");
show([$request->method(), $request->uri(), $request->protocolVersion()]);
show([$request->path(), $request->queryString()]);
show([$request->get(), $request->get('own')]);
show([$request->header('x-own'), $request->host()]);
show([$request->post(), $request->file()]);
show($request->asked);

echo "without any of its parts\n";
class Forgetful extends Request
{
    protected function parseGet(): void {}
    protected function parseHeadFirstLine(): void {}
}
$request = new Forgetful("GET /a?x=1 HTTP/1.1\r\nHost: a\r\n\r\n");
show([$request->get(), $request->get('x', 'default')]);
try {
    $request->method();
} catch (TypeError $error) {
    echo $error->getMessage(), "\n";
}
--EXPECT--
["POST","/own/a?x=1","9.9"]
["/own/a","x=1&own=1"]
[{"x":"1","own":"1","more":"own"},"1"]
["yes","a"]
[{"B":"C","own":"B=C"},[]]
["parseHeadFirstLine","parseProtocolVersion","parseUriComponents","parseGet","parseHeaders","parsePost"]
without any of its parts
[null,"default"]
Return value must be of type string: what parses the request has to put a string into $data
