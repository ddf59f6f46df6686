<?php

declare(strict_types=1);

namespace Ouvrier\Tests\Api;

use PHPUnit\Framework\TestCase;

/**
 * What applications may name: `surface/<Class>.txt` holds the surface of each class of Workerman 5.2.2 as Reflection tells it, one member a
 * line.
 */
final class SurfaceTest extends TestCase
{
    /** @dataProvider classes */
    public function testEveryMemberIsThereAsWorkermanHasIt(string $class, string $file): void
    {
        self::assertTrue(class_exists($class) || interface_exists($class));

        self::assertSame([], array_values(array_diff(file($file, FILE_IGNORE_NEW_LINES), Surface::of($class))));
    }

    /** @return iterable<string, array{string, string}> */
    public static function classes(): iterable
    {
        foreach (glob(__DIR__ . '/surface/*.txt') ?: [] as $file) {
            $class = strtr(basename($file, '.txt'), '.', '\\');
            yield $class => [$class, $file];
        }
    }
}
