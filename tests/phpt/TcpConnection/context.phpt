--TEST--
The context of a connection is there however it is looked at, and is the same one from then on
--FILE--
<?php

declare(strict_types=1);

use Workerman\Connection\TcpConnection;
use Workerman\Events\Select;

class Child extends TcpConnection
{
}

$loop = new Select();
$make = function (string $class = TcpConnection::class) use ($loop): TcpConnection {
    [$near, $far] = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
    $GLOBALS['peers'][] = $far;
    return new $class($loop, $near);
};
$looks = [
    'read' => fn ($it) => $it->context,
    'by a name that is made' => fn ($it) => $it->{strrev('txetnoc')},
    'isset' => fn ($it) => isset($it->context) ? $it->context : null,
    'empty' => fn ($it) => empty($it->context) ? null : $it->context,
    'foreach' => function ($it) {
        foreach ($it as $name => $value) {
            if ($name === 'context') {
                return $value;
            }
        }
    },
    'foreach with a dynamic property' => function ($it) {
        $it->uid = 1;
        foreach ($it as $name => $value) {
            $found[$name] = $value;
        }
        return $found['uid'] === 1 ? $found['context'] : null;
    },
    'cast' => fn ($it) => ((array) $it)['context'],
    'get_object_vars' => fn ($it) => get_object_vars($it)['context'],
    'reflection' => fn ($it) => (new ReflectionProperty(TcpConnection::class, 'context'))->getValue($it),
    'reference' => function ($it) {
        $reference = &$it->context;
        return $reference;
    },
    'coalesce' => fn ($it) => $it->context ?? null,
    'coalescing assignment' => fn ($it) => $it->context ??= null,
    'clone' => fn ($it) => (clone $it)->context,
    'compared' => fn ($it) => $it == $it && $it != new TcpConnection($GLOBALS['loop'], end($GLOBALS['peers'])) ? $it->context : null,
    'written to' => function ($it) {
        $it->context->a = 1;
        $it->context->list[] = 2;
        $context = $it->context;
        if ((array) $context !== ['a' => 1, 'list' => [2]]) {
            return null;
        }
        unset($context->a, $context->list);
        return $context;
    },
];
foreach ($looks as $name => $look) {
    foreach ([TcpConnection::class, Child::class] as $class) {
        $connection = $make($class);
        $context = $look($connection);
        $is_right = $context instanceof stdClass && (array) $context === [] && $context === $connection->context;
        echo $name, ': ', $is_right ? 'ok' : 'WRONG', "\n";
    }
}
ob_start();
var_dump($make());
echo preg_match('/\["context"]=>\s+object\(stdClass\)#\d+ \(0\)/', ob_get_clean()), "\n";

// What the script puts in its place stays.
$connection = $make();
$connection->context = null;
var_dump($connection->context);
$connection = $make();
$connection->context = $own = (object) ['own' => true];
var_dump($connection->context === $own);
$connection = $make();
unset($connection->context);
var_dump(isset($connection->context));
try {
    echo $connection->context;
} catch (Error $error) {
    echo $error->getMessage(), "\n";
}
try {
    $make()->context = 1;
} catch (TypeError $error) {
    echo $error->getMessage(), "\n";
}
foreach (TcpConnection::$connections as $connection) {
    $connection->destroy();
}
--EXPECT--
read: ok
read: ok
by a name that is made: ok
by a name that is made: ok
isset: ok
isset: ok
empty: ok
empty: ok
foreach: ok
foreach: ok
foreach with a dynamic property: ok
foreach with a dynamic property: ok
cast: ok
cast: ok
get_object_vars: ok
get_object_vars: ok
reflection: ok
reflection: ok
reference: ok
reference: ok
coalesce: ok
coalesce: ok
coalescing assignment: ok
coalescing assignment: ok
clone: ok
clone: ok
compared: ok
compared: ok
written to: ok
written to: ok
1
NULL
bool(true)
bool(false)
Typed property Workerman\Connection\TcpConnection::$context must not be accessed before initialization
Cannot assign int to property Workerman\Connection\TcpConnection::$context of type ?stdClass
