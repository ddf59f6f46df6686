--TEST--
Cycles through dynamic properties are collected, and what is in use is not
--FILE--
<?php

declare(strict_types=1);

use Workerman\Connection\TcpConnection;

/** Which of two ends first is the engine's affair. */
function collect(): void
{
    ob_start(static function (string $ends): string {
        $lines = explode("\n", $ends);
        sort($lines);
        return ltrim(implode("\n", $lines) . "\n");
    });
    gc_collect_cycles();
    ob_end_flush();
}

class Peer extends TcpConnection
{
    public function __construct(public string $name)
    {
    }

    public function __destruct()
    {
        echo "end of $this->name, which knew ", $this->peer->name ?? 'nobody', "\n";
    }
}

$makers = [
    'each other' => function (): void {
        [$one, $other] = [new Peer('one'), new Peer('other')];
        [$one->peer, $other->peer] = [$other, $one];
    },
    'declared and dynamic' => function (): void {
        [$one, $other] = [new Peer('one'), new Peer('other')];
        [$one->peer, $other->onMessage] = [$other, fn() => $one];
    },
    'references' => function (): void {
        $one = new Peer('one');
        $one->list['deep'] = &$one->list;
        $one->self = &$one;
    },
    'with all properties' => function (): void {
        [$one, $other] = [new Peer('one'), new Peer('other')];
        [$one->peer, $other->peer] = [$other, $one];
        get_object_vars($one);
    },
];
foreach ($makers as $name => $make) {
    echo "$name:\n";
    $make();
    collect();
}

$kept = new Peer('kept');
$kept->self = $kept;
$kept->peer = new Peer('friend');
$kept->peer->peer = $kept;
$kept->onMessage = fn() => $kept;
echo "nobody:\n";
collect();
echo $kept->self->peer->peer->name, ' ', ($kept->onMessage)()->name, "\n";

echo "both:\n";
unset($kept);
collect();
?>
--EXPECT--
each other:
end of one, which knew other
end of other, which knew one
declared and dynamic:
end of one, which knew other
end of other, which knew nobody
references:
end of one, which knew nobody
with all properties:
end of one, which knew other
end of other, which knew one
nobody:
kept kept
both:
end of friend, which knew kept
end of kept, which knew friend
