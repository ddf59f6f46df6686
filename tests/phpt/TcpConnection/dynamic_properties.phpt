--TEST--
Dynamic properties behave as those of a class in PHP
--FILE--
<?php

declare(strict_types=1);

use Workerman\Connection\TcpConnection;

require __DIR__ . '/beside_plain.inc';

/** An object with some properties of each kind. */
function filled(Closure $make): object
{
    $object = $make();
    $object->uid = 'user ' . spl_object_id(new stdClass());
    $object->uid = 'user 1';
    $object->time = 12;
    $object->nothing = null;
    $object->list = ['a' => [1]];
    return $object;
}

final class Loud
{
    public function __construct(public string $name, public ?object $owner = null)
    {
    }

    public function __destruct()
    {
        echo "end of $this->name";
        if ($this->owner !== null) {
            echo ', owner has ', implode(',', array_keys(get_object_vars($this->owner)));
            foreach ($this->owner as $name => $value) {
                if ($name === 'late' || $name === 'number' || $name === 'id') {
                    echo " and $name";
                }
            }
        }
        echo "\n";
    }
}

$scenarios = [
    'reading' => fn($make) => [filled($make)->uid, filled($make)->time, filled($make)->nothing, filled($make)->list],
    'reading what is not there' => fn($make) => [$make()->missing, filled($make)->missing],
    'reading by a name that was made' => fn($make) => [filled($make)->{'u' . 'id'}, filled($make)->{strrev('emit')}],
    'null and ??' => fn($make) => [filled($make)->nothing ?? 'default', filled($make)->missing ?? 'default', $make()->missing?->deeper ?? 1],
    'isset and empty' => function ($make) {
        $object = filled($make);
        $object->zero = 0;
        $seen = [];
        foreach (['uid', 'time', 'nothing', 'list', 'missing', 'zero'] as $name) {
            $seen[$name] = [isset($object->$name), empty($object->$name), property_exists($object, $name)];
        }
        return [$seen, isset($object->list['a'][0]), isset($object->list['b'][0]), isset($object->uid[2]), empty($object->missing['x'])];
    },
    'writing again' => function ($make) {
        $object = filled($make);
        $object->uid = ['now', 'a list'];
        $object->time = $object->uid;
        $object->time[] = 'longer';
        return [$object->uid, $object->time, ($object->uid = 3) + 1, $object->uid];
    },
    'counting' => function ($make) {
        $object = filled($make);
        return [$object->time++, ++$object->time, $object->time--, $object->time += 5, $object->uid .= '!', $object->nothing ??= 7, $object->fresh ??= 8, $object->time, $object->fresh];
    },
    'counting what is not there' => function ($make) {
        $object = $make();
        $object->count++;
        $object->text .= 'x';
        return [$object->count, $object->text, get_object_vars($object)];
    },
    'nested writes' => function ($make) {
        $object = filled($make);
        $object->list['a'][] = 2;
        $object->list['b']['c'] = 3;
        $object->fresh['x'][] = 4;
        $object->object = new stdClass();
        $object->object->deep['y'] = 5;
        [$object->one, $object->two] = [1, 2];
        return [$object->list, $object->fresh, (array) $object->object, $object->one, $object->two];
    },
    'nested unset' => function ($make) {
        $object = filled($make);
        unset($object->list['a'][0], $object->list['missing']['x'], $object->absent['x']);
        return [$object->list, get_object_vars($object)];
    },
    'unset' => function ($make) {
        $object = filled($make);
        unset($object->uid, $object->missing);
        $before = [isset($object->uid), $object->uid ?? 'gone'];
        $object->uid = 'again';
        return [$before, get_object_vars($object), $object->uid];
    },
    'unset all' => function ($make) {
        $object = filled($make);
        unset($object->uid, $object->time, $object->nothing, $object->list);
        $none = get_object_vars($object);
        $object->one = 1;
        return [$none, get_object_vars($object)];
    },
    'many' => function ($make) {
        $object = $make();
        for ($number = 0; $number < 100; ++$number) {
            $object->{"property$number"} = $number;
            if ($number % 3 === 0) {
                unset($object->{'property' . $number / 3});
            }
        }
        return [$object->property99, get_object_vars($object)];
    },
    'names that are numbers or odd' => function ($make) {
        $object = $make();
        $object->{'1'} = 'one';
        $object->{1} .= '!';
        $object->{'with space'} = 2;
        $object->{''} = 'empty';
        $object->{"nul\0inside"} = 3;
        return [$object->{1}, $object->{'01'} ?? 'none', isset($object->{1}), (array) $object, $object->{''}, $object->{"nul\0inside"}];
    },
    'a name that begins with NUL' => function ($make) {
        $object = filled($make);
        $object->{"\0x"} = 1;
    },
    'reading a name that begins with NUL' => fn($make) => filled($make)->{"\0x"},
    'references' => function ($make) {
        $object = filled($make);
        $reference = &$object->uid;
        $reference = 'through';
        $seen = [$object->uid];
        $object->uid = 'back';
        $seen[] = $reference;
        $value = 'outside';
        $object->linked = &$value;
        $value = 'changed';
        $seen[] = $object->linked;
        $object->linked = 'set';
        $seen[] = $value;
        $other = &$object->fresh;
        $other = 'made';
        $seen[] = $object->fresh;
        unset($object->linked);
        return [$seen, $value, get_object_vars($object)];
    },
    'a reference with a type' => function ($make) {
        $object = filled($make);
        $typed = new class {
            public int $number = 1;
        };
        $object->linked = &$typed->number;
        $object->linked = 5;
        try {
            $object->linked = 'text';
        } catch (TypeError $error) {
            return [$object->linked, $typed->number];
        }
    },
    'passing by reference' => function ($make) {
        $object = filled($make);
        sort($object->list);
        preg_match('/s/', 'user', $object->matches);
        $object->list[] = (function (&$value) { return $value = 'set'; })($object->fresh);
        return [$object->list, $object->matches, $object->fresh];
    },
    'copies' => function ($make) {
        $object = filled($make);
        $copy = $object->list;
        $copy[] = 'only here';
        $object->list['only'] = 'there';
        return [$copy, $object->list];
    },
    'all properties' => function ($make) {
        $object = filled($make);
        $iterated = [];
        foreach ($object as $name => $value) {
            $iterated[$name] = $value;
        }
        $later = filled($make);
        foreach ($later as $name => &$changed) {
            $changed = $name === 'time' ? 99 : $changed;
        }
        unset($changed);
        $mangled = get_mangled_object_vars(filled($make));
        $reflected = array_map(fn($property) => $property->name, (new ReflectionObject(filled($make)))->getProperties());
        return [
            $iterated, $later->time, get_object_vars(filled($make)), (array) filled($make),
            $mangled, array_slice(array_keys($mangled), -4), array_slice(array_keys($iterated), -4),
            array_values(array_intersect(['uid', 'time', 'list'], $reflected)), (new ReflectionProperty(filled($make), 'uid'))->isDefault(),
            (new ReflectionObject(filled($make)))->hasProperty('time'),
        ];
    },
    'declared and dynamic ones' => function ($make) {
        $object = filled($make);
        $object->onMessage = 'strlen';
        $counted = count(get_object_vars($object)) - count(get_object_vars($make()));
        foreach ($object as $name => $value) {
            $first ??= $name;
        }
        return [$counted, $object->onMessage, $object->uid, $first !== 'uid', get_object_vars($object)['onMessage']];
    },
    'after all were asked for' => function ($make) {
        $object = filled($make);
        $array = (array) $object;
        $object->uid = 'changed';
        $object->added = 1;
        unset($object->time);
        $object->list['a'][] = 2;
        $seen = [$object->uid, $object->added, isset($object->time), $object->nothing ?? 'none', $object->list, $array['uid'], isset($array['added'])];
        return [$seen, get_object_vars($object)];
    },
    'one opcode, some objects with all properties' => function ($make) {
        $seen = [];
        for ($round = 0; $round < 6; ++$round) {
            $object = $make();
            if ($round % 2 === 0) {
                get_mangled_object_vars($object);
            }
            $object->first = $round;
            $object->second = $round + 1;
            $object->second++;
            $object->third['x'][] = $round;
            $seen[] = [$object->first, $object->second, isset($object->first), $object->third, $object->fourth ?? 'none'];
            $seen[] = get_object_vars($object);
        }
        return $seen;
    },
    'adding while iterating' => function ($make) {
        $object = filled($make);
        $names = [];
        foreach ($object as $name => $value) {
            if (in_array($name, ['time', 'list'], true)) {
                $object->{'from' . $name} = 1;
            }
            unset($object->uid);
            $names[$name] = 1;
        }
        return [$names, isset($object->fromtime)];
    },
    'printing' => function ($make) {
        $object = filled($make);
        ob_start();
        var_dump($object);
        print_r($object);
        var_export($object);
        debug_zval_refcount($object);
        $text = ob_get_clean();
        return array_map(fn($word) => substr_count($text, $word), ['uid', 'user 1', 'nothing']);
    },
    'a copy' => function ($make) {
        $object = filled($make);
        $copy = clone $object;
        $copy->uid = 'copy';
        $object->time = 'original';
        $copy->added = 1;
        return [$object->uid, $copy->time, isset($object->added), get_object_vars($copy)];
    },
    'comparing' => function ($make) {
        $make = fn() => (function ($object) { unset($object->id, $object->realId); return $object; })($make());
        [$one, $same, $other, $more, $none] = [filled($make), filled($make), filled($make), filled($make), $make()];
        $other->uid = 'user 2';
        $more->extra = 1;
        get_object_vars($same);
        return [
            $one == $same, $one == filled($make), $one == $other, $one == $more, $more == $one, $one == $none, $none == $make(), $one === $one,
            $one == $one, $one == 1, $one == null, in_array($other, [$one, $same]), in_array($one, [$other, $same]), $one->uid,
        ];
    },
    'the end of an old value' => function ($make) {
        $object = $make();
        $object->first = new Loud('first', $object);
        $object->late = 1;
        $object->first = 'replaced';
        $object->second = new Loud('second', $object);
        unset($object->second);
        $object->third = new Loud('third', $object);
        $object->third = new Loud('fourth');
        return get_object_vars($object);
    },
    'the end of an object' => function ($make) {
        $object = $make();
        $object->second = new Loud('second');
        $object->first = new Loud('first');
        $object->onMessage = new Loud('declared');
        unset($object);
        echo "gone\n";
    },
    'an old value that removes itself' => function ($make) {
        $object = $make();
        $object->value = new class ($object) {
            public function __construct(private object $owner)
            {
            }

            public function __destruct()
            {
                unset($this->owner->value);
                $this->owner->other = 1;
            }
        };
        $object->value = 2;
        return get_object_vars($object);
    },
    'a warning handled by one who asks for all' => function ($make) {
        $object = filled($make);
        set_error_handler(function () use ($object) {
            echo implode(',', array_keys(get_object_vars($object))), "\n";
            $object->handled = 1;
            return true;
        });
        $object->missing;
        $object->counter++;
        $object->text .= 'x';
        restore_error_handler();
        return get_object_vars($object);
    },
    'generators and closures' => function ($make) {
        $object = filled($make);
        $object->call = fn($x) => $x . $this->time;
        $object->call = $object->call->bindTo($object);
        return [($object->call)('bound '), array_map(fn($o) => $o->uid, [$object])];
    },
    'static ones' => function ($make) {
        $object = $make();
        $seen = [$object->connections ?? 'none', isset($object->connections)];
        $object->connections = 'dynamic';
        return [$seen, $object->connections, get_object_vars($object)];
    },
    'protected ones' => function ($make) {
        $object = filled($make);
        $seen = [isset($object->status), $object->status ?? 'hidden'];
        $object->status = 4;
    },
    'reading a protected one' => fn($make) => filled($make)->status,
    'a wrong type' => function ($make) {
        $object = filled($make);
        $object->transport = [];
    },
    'declared ones that were unset' => function ($make) {
        $object = filled($make);
        unset($object->transport, $object->onMessage);
        $seen = [isset($object->onMessage), $object->onMessage ?? 'unset', array_key_exists('onMessage', get_object_vars($object))];
        $object->onMessage = 'strlen';
        return [$seen, $object->onMessage, $object->uid, $object->transport];
    },
];
$ours = fn() => (new ReflectionClass(TcpConnection::class))->newInstanceWithoutConstructor();
compare($scenarios, $ours, fn() => new PlainConnection());
?>
--EXPECT--
38 scenarios
