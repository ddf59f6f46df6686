<?php

declare(strict_types=1);

/*
 * Writes the stubs of the extension from what Reflection says about it: php scripts/stubs.php <folder>
 *
 * One file per class, namespaces as folders; editors and static analysis read them. Before PHP 8.4 Reflection knows no comments of
 * native classes and methods, so these are taken from the declarations that the extension is built from.
 */

$folder = $argv[1] ?? exit("usage: php stubs.php <folder>\n");
$documentation = new Documentation(dirname(__DIR__) . '/src');
foreach ([...(new ReflectionExtension('ouvrier'))->getClasses(), ...classesInPhp(dirname(__DIR__) . '/php')] as $class) {
    $file = "$folder/" . strtr($class->getName(), '\\', '/') . '.php';
    is_dir(dirname($file)) || mkdir(dirname($file), 0o755, true);
    file_put_contents($file, (new StubWriter($class, $documentation))->write());
}

/**
 * The classes of the extension that are written in PHP, which are not there before they are named.
 *
 * @return iterable<ReflectionClass>
 */
function classesInPhp(string $folder): iterable
{
    $files = new RecursiveIteratorIterator(new RecursiveDirectoryIterator("$folder/Workerman", FilesystemIterator::SKIP_DOTS));
    foreach ($files as $file) {
        $path = substr($file->getPathname(), strlen("$folder/"), -strlen('.php'));
        yield new ReflectionClass(strtr($path, '/', '\\'));
    }
}

/**
 * The stub of one class, without what it inherits.
 */
final class StubWriter
{
    public function __construct(private ReflectionClass $class, private Documentation $documentation)
    {
    }

    public function write(): string
    {
        $members = array_filter([
            $this->group($this->class->getReflectionConstants(), $this->constant(...), "\n"),
            $this->group($this->class->getProperties(), $this->property(...), "\n"),
            $this->group($this->class->getMethods(), $this->method(...), "\n\n"),
        ]);
        $attribute = $this->allowsDynamicProperties() ? "#[\\AllowDynamicProperties]\n" : '';
        $comment = $this->class->getDocComment() ?: $this->documentation->of($this->class->getName());
        return "<?php\n\n// Generated from the extension by `make stubs`.\n\n"
            . "namespace {$this->class->getNamespaceName()};\n\n"
            . $this->comment($comment, '')
            . "$attribute{$this->heading()}\n{\n" . implode("\n\n", $members) . "\n}\n";
    }

    private function heading(): string
    {
        $kind = match (true) {
            $this->class->isInterface() => 'interface',
            $this->class->isAbstract() => 'abstract class',
            $this->class->isFinal() => 'final class',
            default => 'class',
        };
        $parent = $this->class->getParentClass();
        $inherited = $parent ? $parent->getInterfaceNames() : [];
        foreach ($this->class->getInterfaces() as $interface) {
            array_push($inherited, ...$interface->getInterfaceNames());
        }
        $interfaces = array_diff($this->class->getInterfaceNames(), $inherited);
        sort($interfaces);
        $keyword = $this->class->isInterface() ? 'extends' : 'implements';
        return "$kind {$this->class->getShortName()}"
            . ($parent ? " extends \\{$parent->getName()}" : '')
            . ($interfaces ? " $keyword \\" . implode(', \\', $interfaces) : '');
    }

    /** @param list<ReflectionClassConstant|ReflectionProperty|ReflectionMethod> $members */
    private function group(array $members, callable $format, string $separator): string
    {
        $class = $this->class->getName();
        $own = array_filter(
            $members,
            static fn ($member): bool => $member->getDeclaringClass()->getName() === $class && !$member->isPrivate(),
        );
        return implode($separator, array_map($format, $own));
    }

    private function constant(ReflectionClassConstant $constant): string
    {
        return $this->comment($constant->getDocComment()) . '    ' . $this->modifiers($constant)
            . " const {$constant->getName()} = {$this->value($constant->getValue())};";
    }

    private function property(ReflectionProperty $property): string
    {
        $type = $this->type($property->getType());
        $default = $property->hasDefaultValue() && ($type !== '' || $property->getDefaultValue() !== null)
            ? " = {$this->value($property->getDefaultValue())}"
            : '';
        return $this->comment($property->getDocComment()) . '    ' . $this->modifiers($property)
            . ($type === '' ? '' : " $type") . " \${$property->getName()}$default;";
    }

    private function method(ReflectionMethod $method): string
    {
        $modifiers = $this->class->isInterface()
            ? str_replace('abstract ', '', $this->modifiers($method))
            : $this->modifiers($method);
        $type = $this->type($method->hasReturnType() ? $method->getReturnType() : $method->getTentativeReturnType());
        $comment = $method->getDocComment() ?: $this->documentation->of("{$this->class->getName()}::{$method->getName()}()");
        return $this->comment($comment)
            . "    $modifiers function {$method->getName()}("
            . implode(', ', array_map($this->parameter(...), $method->getParameters())) . ')'
            . ($type === '' ? '' : ": $type")
            . ($method->isAbstract() ? ';' : ' {}');
    }

    private function parameter(ReflectionParameter $parameter): string
    {
        $type = $this->type($parameter->getType());
        return ($type === '' ? '' : "$type ")
            . ($parameter->isPassedByReference() ? '&' : '')
            . ($parameter->isVariadic() ? '...' : '')
            . "\${$parameter->getName()}"
            . ($parameter->isDefaultValueAvailable() ? " = {$this->value($parameter->getDefaultValue())}" : '');
    }

    private function modifiers(ReflectionClassConstant|ReflectionProperty|ReflectionMethod $member): string
    {
        return implode(' ', Reflection::getModifierNames($member->getModifiers()));
    }

    private function type(?ReflectionType $type): string
    {
        if ($type === null) {
            return '';
        }
        if ($type instanceof ReflectionNamedType) {
            $name = $type->isBuiltin() || in_array($type->getName(), ['self', 'static'], true)
                ? $type->getName()
                : "\\{$type->getName()}";
            return ($type->allowsNull() && !in_array($name, ['mixed', 'null'], true) ? '?' : '') . $name;
        }
        $separator = $type instanceof ReflectionIntersectionType ? '&' : '|';
        return implode($separator, array_map($this->type(...), $type->getTypes()));
    }

    private function value(mixed $value, string $indent = '    '): string
    {
        if (is_string($value) && preg_match('/[^\x20-\x7E]/', $value)) {
            $escaped = preg_replace_callback(
                '/[^\x20-\x7E]|["$\\\\]/',
                static fn (array $byte): string => match ($byte[0]) {
                    "\r" => '\r',
                    "\n" => '\n',
                    '"', '$', '\\' => "\\$byte[0]",
                    default => sprintf('\x%02X', ord($byte[0])),
                },
                $value,
            );
            return "\"$escaped\"";
        }
        if (!is_array($value)) {
            return $value === null ? 'null' : var_export($value, true);
        }
        $lines = array_map(
            fn (int|string $key, mixed $item): string => "$indent    "
                . (array_is_list($value) ? '' : var_export($key, true) . ' => ')
                . "{$this->value($item, "$indent    ")},\n",
            array_keys($value),
            $value,
        );
        return $lines ? "[\n" . implode('', $lines) . "$indent]" : '[]';
    }

    private function comment(string|false $comment, string $indent = '    '): string
    {
        return $comment === false ? '' : $indent . preg_replace('/\n\s*/', "\n$indent ", $comment) . "\n";
    }

    /**
     * Whether the class, rather than its parent, has the flag that the attribute of a class written in PHP stands for.
     *
     * Reflection does not show the flag, PHP 8.2 and later show what follows from it: an object of the class, or of one
     * that inherits the flag, takes a new property without a deprecation. Final classes, which PHP does not make without
     * their constructor, have no flag here.
     */
    private function allowsDynamicProperties(): bool
    {
        $parent = $this->class->getParentClass();
        return self::takesNewProperties($this->class) && !($parent && self::takesNewProperties($parent));
    }

    private static function takesNewProperties(ReflectionClass $class): bool
    {
        $concrete = $class->isAbstract() ? self::concreteChild($class) : $class;
        if ($concrete === null || $concrete->isFinal() || $concrete->hasMethod('__set')) {
            return false;
        }
        $object = $concrete->newInstanceWithoutConstructor();
        set_error_handler(static fn () => throw new ErrorException());
        try {
            $object->{'dynamic property'} = true;
            return true;
        } catch (Error | ErrorException) {
            return false;
        } finally {
            restore_error_handler();
        }
    }

    private static function concreteChild(ReflectionClass $class): ?ReflectionClass
    {
        foreach ($class->getExtension()?->getClasses() ?? [] as $candidate) {
            if (!$candidate->isAbstract() && $candidate->isSubclassOf($class->getName())) {
                return $candidate;
            }
        }
        return null;
    }
}

/**
 * The comments of the declarations, by the name of what they describe: `Class`, `Class::method()`.
 */
final class Documentation
{
    /** @var array<string, string> */
    private array $comments = [];

    public function __construct(string $folder)
    {
        $files = new RecursiveIteratorIterator(new RecursiveDirectoryIterator($folder, FilesystemIterator::SKIP_DOTS));
        foreach ($files as $file) {
            if (str_ends_with($file->getFilename(), '.stub.php')) {
                $this->read((string) file_get_contents($file->getPathname()));
            }
        }
    }

    public function of(string $name): string|false
    {
        return $this->comments[$name] ?? false;
    }

    private function read(string $source): void
    {
        $tokens = array_values(array_filter(PhpToken::tokenize($source), static fn(PhpToken $token): bool => !$token->is(T_WHITESPACE)));
        $namespace = $class = $comment = '';
        foreach ($tokens as $index => $token) {
            $name = $tokens[$index + 1]->text ?? '';
            if ($token->is(T_DOC_COMMENT)) {
                $comment = $token->text;
            } elseif ($token->is(T_NAMESPACE)) {
                $namespace = $name;
            } elseif ($class === '' && $token->is([T_CLASS, T_INTERFACE])) {
                $class = "$namespace\\$name";
                $this->note($class, $comment);
            } elseif ($token->is(T_FUNCTION)) {
                $this->note("$class::$name()", $comment);
            } elseif ($token->is([';', '}'])) {
                $comment = '';
            }
        }
    }

    private function note(string $name, string &$comment): void
    {
        if ($comment !== '') {
            $this->comments[$name] = $comment;
        }
        $comment = '';
    }
}
