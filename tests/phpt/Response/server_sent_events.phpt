--TEST--
An event holds what it was given, nothing for null, and cannot break out of its fields
--FILE--
<?php
use Workerman\Protocols\Http\ServerSentEvents;

foreach ([
    ['event' => 'news', 'id' => 5, 'retry' => 100, 'data' => "two\nlines", '' => 'hello'],
    ['id' => null, 'data' => 'x'],
    ['event' => "a\ndata: b", 'data' => "c\rd"],
] as $fields) {
    echo json_encode((string) new ServerSentEvents($fields)), "\n";
}
--EXPECT--
": hello\nevent: news\nid: 5\nretry: 100\ndata: two\ndata: lines\n\n"
"data: x\n\n"
"event: adata: b\ndata: c\ndata: d\n\n"
