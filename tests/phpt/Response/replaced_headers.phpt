--TEST--
What is replaced may write to the same response in its destructor
--FILE--
<?php
use Workerman\Protocols\Http\Response;

$response = new Response();
$guard = static fn (): object => new class ($response) {
    public function __construct(private Response $response) {}

    public function __toString(): string
    {
        return '1';
    }

    public function __destruct()
    {
        $this->response->withHeaders(['Y' => '2'])->withoutHeader('Y');
    }
};
$response->withHeaders(['X' => $guard(), 'Set-Cookie' => $guard()]);
$response->header('X', '3');
$response->header('Set-Cookie', 'a=1');
echo json_encode($response->getHeaders()), "\n";
--EXPECT--
{"X":"3","Set-Cookie":"a=1"}
