<?php

declare(strict_types=1);

namespace Ouvrier\Tests\Api;

use Reflection;
use ReflectionAttribute;
use ReflectionClass;
use ReflectionClassConstant;
use ReflectionMethod;
use ReflectionNamedType;
use ReflectionParameter;
use ReflectionProperty;

/**
 * The surface of a class as lines of text: what it is, its constants, its properties with type and default, its methods with parameter
 * names, types and defaults. Protected members are part of it, since subclasses name them.
 */
final class Surface
{
    /**
     * @param class-string $class
     * @return list<string> sorted
     */
    public static function of(string $class): array
    {
        $reflection = new ReflectionClass($class);
        $lines = [
            self::declaration($reflection),
            ...array_map(self::attribute(...), $reflection->getAttributes()),
            ...array_map(self::constant(...), self::visible($reflection->getReflectionConstants())),
            ...array_map(self::property(...), self::visible($reflection->getProperties())),
            ...array_map(self::method(...), self::visible($reflection->getMethods())),
        ];
        sort($lines);
        return $lines;
    }

    /**
     * @template T of ReflectionClassConstant|ReflectionProperty|ReflectionMethod
     * @param list<T> $members
     * @return list<T>
     */
    private static function visible(array $members): array
    {
        return array_filter($members, static fn (object $member): bool => !$member->isPrivate());
    }

    private static function declaration(ReflectionClass $class): string
    {
        $interfaces = $class->getInterfaceNames();
        sort($interfaces);
        return implode(' ', [
            ...Reflection::getModifierNames($class->getModifiers() & ~(ReflectionClass::IS_IMPLICIT_ABSTRACT)),
            $class->isInterface() ? 'interface' : 'class',
            $class->getName(),
            ...($class->getParentClass() ? ['extends', $class->getParentClass()->getName()] : []),
            ...($interfaces === [] ? [] : ['implements', implode(', ', $interfaces)]),
        ]);
    }

    private static function attribute(ReflectionAttribute $attribute): string
    {
        return "#[{$attribute->getName()}]";
    }

    private static function constant(ReflectionClassConstant $constant): string
    {
        return self::modifiers($constant) . "const {$constant->getName()} = " . self::value($constant->getValue());
    }

    private static function property(ReflectionProperty $property): string
    {
        $type = $property->hasType() ? self::type($property->getType(), $property->getDeclaringClass()) . ' ' : '';
        $default = $property->hasDefaultValue() ? ' = ' . self::value($property->getDefaultValue()) : '';
        return self::modifiers($property) . "$type\${$property->getName()}$default";
    }

    private static function method(ReflectionMethod $method): string
    {
        $class = $method->getDeclaringClass();
        $parameters = array_map(
            static fn (ReflectionParameter $parameter): string => self::parameter($parameter, $class),
            $method->getParameters(),
        );
        return self::modifiers($method)
            . "function {$method->getName()}(" . implode(', ', $parameters) . ')'
            . ($method->hasReturnType() ? ': ' . self::type($method->getReturnType(), $class) : '');
    }

    /** Public goes without saying. */
    private static function modifiers(ReflectionClassConstant|ReflectionProperty|ReflectionMethod $member): string
    {
        $names = array_diff(Reflection::getModifierNames($member->getModifiers()), ['public']);
        return implode('', array_map(static fn (string $name): string => "$name ", $names));
    }

    private static function parameter(ReflectionParameter $parameter, ReflectionClass $class): string
    {
        return ($parameter->hasType() ? self::type($parameter->getType(), $class) . ' ' : '')
            . ($parameter->isPassedByReference() ? '&' : '')
            . ($parameter->isVariadic() ? '...' : '')
            . "\${$parameter->getName()}"
            . ($parameter->isDefaultValueAvailable() ? ' = ' . self::value($parameter->getDefaultValue()) : '');
    }

    /** Members of a union in alphabetical order, `?T` as `T|null`, `self` by its name. */
    private static function type(object $type, ReflectionClass $class): string
    {
        $members = $type instanceof ReflectionNamedType ? [$type] : $type->getTypes();
        $names = array_map(
            static fn (ReflectionNamedType $member): string => $member->getName() === 'self'
                ? $class->getName()
                : $member->getName(),
            $members,
        );
        if ($type->allowsNull() && array_intersect($names, ['null', 'mixed']) === []) {
            $names[] = 'null';
        }
        sort($names);
        return implode('|', $names);
    }

    /** Of long tables the length and a sum are enough. */
    private static function value(mixed $value): string
    {
        if (is_array($value) && count($value) > 20) {
            ksort($value);
            return sprintf('[%d entries, %08x]', count($value), crc32((string) json_encode($value)));
        }
        if (is_float($value) && floor($value) === $value) {
            return sprintf('%.1f', $value);
        }
        return (string) json_encode($value, JSON_UNESCAPED_SLASHES | JSON_INVALID_UTF8_SUBSTITUTE);
    }
}
