--TEST--
A subclass adds its own
--FILE--
<?php
use Workerman\Protocols\Http\Response;

class Page extends Response
{
    public function __construct(string $title)
    {
        parent::__construct(200, ['X-Page' => $title], "<h1>$title</h1>");
    }
}

$page = (new Page('home'))->withHeader('X-More', 'yes');
var_dump($page::class, $page->getHeader('X-Page'), str_ends_with((string) $page, '<h1>home</h1>'));
--EXPECT--
string(4) "Page"
string(4) "home"
bool(true)
