<?php

declare(strict_types=1);

namespace Ouvrier\Tests\Api;

use ReflectionClass;
use ReflectionClassConstant;
use ReflectionMethod;
use ReflectionNamedType;
use ReflectionParameter;
use ReflectionProperty;

/**
 * The public surface of a class as lines of text: constants, properties with type and default, methods with parameter
 * names, types and defaults.
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
            ...array_map(self::constant(...), $reflection->getReflectionConstants(ReflectionClassConstant::IS_PUBLIC)),
            ...array_map(self::property(...), $reflection->getProperties(ReflectionProperty::IS_PUBLIC)),
            ...array_map(self::method(...), $reflection->getMethods(ReflectionMethod::IS_PUBLIC)),
        ];
        sort($lines);
        return $lines;
    }

    private static function constant(ReflectionClassConstant $constant): string
    {
        $value = $constant->getValue();
        $isLongTable = is_array($value) && count($value) > 20;
        return "const {$constant->getName()} = " . ($isLongTable ? '[' . count($value) . ' entries]' : self::value($value));
    }

    private static function property(ReflectionProperty $property): string
    {
        $static = $property->isStatic() ? 'static ' : '';
        $type = $property->hasType() ? self::type($property->getType(), $property->getDeclaringClass()) . ' ' : '';
        $default = $property->hasDefaultValue() ? ' = ' . self::value($property->getDefaultValue()) : '';
        return "$static$type\${$property->getName()}$default";
    }

    private static function method(ReflectionMethod $method): string
    {
        $class = $method->getDeclaringClass();
        $parameters = array_map(
            static fn (ReflectionParameter $parameter): string => self::parameter($parameter, $class),
            $method->getParameters(),
        );
        return ($method->isStatic() ? 'static ' : '')
            . "function {$method->getName()}(" . implode(', ', $parameters) . ')'
            . ($method->hasReturnType() ? ': ' . self::type($method->getReturnType(), $class) : '');
    }

    private static function parameter(ReflectionParameter $parameter, ReflectionClass $class): string
    {
        return ($parameter->hasType() ? self::type($parameter->getType(), $class) . ' ' : '')
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

    private static function value(mixed $value): string
    {
        if (is_float($value) && floor($value) === $value) {
            return sprintf('%.1f', $value);
        }
        return (string) json_encode($value, JSON_UNESCAPED_SLASHES | JSON_INVALID_UTF8_SUBSTITUTE);
    }
}
