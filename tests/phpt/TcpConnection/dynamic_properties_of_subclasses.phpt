--TEST--
Dynamic properties of subclasses behave as those of classes in PHP
--FILE--
<?php

declare(strict_types=1);

require __DIR__ . '/beside_plain.inc';

$use = function ($make) {
    $object = $make();
    $object->uid = 'user';
    $object->list['a'][] = 1;
    $object->count ??= 1;
    $object->count++;
    $seen = [$object->uid, $object->list, $object->count, isset($object->uid), isset($object->missing), empty($object->zero), $object->missing];
    unset($object->uid);
    foreach ($object as $name => $value) {
        $iterated[$name] = $value;
    }
    return [$seen, isset($object->uid), $iterated, get_object_vars($object), (array) $object, $object == clone $object];
};

$scenarios = ['use' => $use];
compare($scenarios, ...subclasses('NothingClass', ''));
compare($scenarios, ...subclasses('GetClass', 'public function __get($name) { echo "get $name\n"; return "got $name"; }'));
compare($scenarios, ...subclasses('SetClass', 'public function __set($name, $value) { echo "set $name\n"; $this->$name = $value; }'));
compare($scenarios, ...subclasses('IssetClass', 'public function __isset($name) { echo "isset $name\n"; return true; } public function &__get($name) { $none = null; return $none; }'));
compare($scenarios, ...subclasses('UnsetClass', 'public function __unset($name) { echo "unset $name\n"; unset($this->$name); }'));
compare($scenarios, ...subclasses('CloneClass', 'public function __clone() { $this->cloned = get_object_vars($this); $this->uid = "clone"; }'));
compare($scenarios, ...subclasses('DebugClass', 'public function __debugInfo() { return ["shown" => $this->uid ?? null]; }'));
compare($scenarios, ...subclasses('IteratorClass', 'public function seen() { return get_object_vars($this); }'));
compare($scenarios, ...subclasses('DeclaredClass', 'public $uid; public ?array $list = null; public int $count;'));
compare($scenarios, ...subclasses('PrivateClass', 'private $uid = 1; private $zero = 0;'));

$properties = [
    'from inside and outside' => function ($make) {
        $object = $make();
        $object->setHidden('inside');
        $object->hidden = 'outside';
        return [$object->hidden, $object->getHidden(), get_object_vars($object)];
    },
    'typed' => function ($make) {
        $object = $make();
        $object->uid = 'user';
        try {
            $object->typed;
        } catch (Error $error) {
            echo $error->getMessage(), "\n";
        }
        $object->typed = 5;
        $object->typed++;
        $object->typed = 'text';
    },
    'readonly' => function ($make) {
        $object = $make();
        $object->uid = 'user';
        $object->fix(1);
        try {
            $object->fixed = 2;
        } catch (Error $error) {
            echo $error->getMessage(), "\n";
        }
        return [$object->fixed, get_object_vars($object)];
    },
    'in methods' => function ($make) {
        $seen = [];
        for ($round = 0; $round < 4; ++$round) {
            $object = $make();
            if ($round % 2 === 1) {
                get_mangled_object_vars($object);
            }
            $seen[] = $object->work($round);
            $seen[] = get_object_vars($object);
        }
        return $seen;
    },
];
$body = '
    private $hidden = "declared";
    public int $typed;
    public readonly int $fixed;
    public function setHidden($value) { $this->hidden = $value; }
    public function getHidden() { return $this->hidden; }
    public function fix($value) { $this->fixed = $value; }
    public function work($round) {
        $this->made = $round;
        $this->made++;
        $this->all["x"][] = $this->made;
        $reference = &$this->referred;
        $reference = $round;
        unset($this->gone);
        return [$this->made, isset($this->made), $this->all, $this->referred, $this->none ?? "none"];
    }
';
compare($properties, ...subclasses('BodyClass', $body));
foreach (['Ours', 'Plain'] as $kind) {
    eval("class {$kind}ChildClass extends {$kind}BodyClass { public function ownHidden(\$value) { \$this->hidden = \$value; return [\$this->hidden, \$this->getHidden()]; } }");
}
$child = fn(string $kind): Closure => fn() => (new ReflectionClass("{$kind}ChildClass"))->newInstanceWithoutConstructor();
$properties['beside a private one of the parent'] = fn($make) => [$make()->ownHidden('of the child'), get_object_vars($make())];
compare($properties, $child('Ours'), $child('Plain'));
?>
--EXPECT--
1 scenarios
1 scenarios
1 scenarios
1 scenarios
1 scenarios
1 scenarios
1 scenarios
1 scenarios
1 scenarios
1 scenarios
4 scenarios
5 scenarios
