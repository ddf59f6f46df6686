--TEST--
A header value whose __toString() changes or breaks the response does neither confuse nor corrupt it
--FILE--
<?php
use Workerman\Protocols\Http\Response;

class Changing
{
    public ?Response $response = null;

    public function __toString(): string
    {
        $this->response->withHeaders(['Late' => '1'])->withoutHeader('Second');
        return 'changed';
    }
}

$value = new Changing();
$response = new Response(200, ['First' => $value, 'Second' => '2']);
$value->response = $response;
echo strtr((string) $response, ["\r\n" => "\n"]);
echo json_encode(array_keys($response->getHeaders())), "\n";

class Throwing
{
    public function __toString(): string
    {
        throw new DomainException('no string');
    }
}

foreach ([new Throwing(), new stdClass(), [['nested']]] as $bad) {
    try {
        echo new Response(200, ['Bad' => $bad]);
    } catch (Throwable $error) {
        echo get_class($error), "\n";
    }
}
--EXPECT--
HTTP/1.1 200 OK
First: changed
Second: 2
Connection: keep-alive
Content-Type: text/html;charset=utf-8
Content-Length: 0

["First","Late"]
DomainException
TypeError
TypeError
