<?php

declare(strict_types=1);

namespace Ouvrier\Tests\Api;

use PHPUnit\Framework\TestCase;

/**
 * What applications may name: `surface/<Class>.txt` holds the surface of each class of Workerman 5.2.2 as Reflection tells it, one member a
 * line, and `missing.txt` what of it is not there yet, so that nothing gets lost and nothing is forgotten there. A class that is missing
 * as a whole has one line there, `<Class>: class`.
 */
final class SurfaceTest extends TestCase
{
    /** @dataProvider classes */
    public function testEveryMemberIsThereAsWorkermanHasIt(string $class, string $file): void
    {
        $missing = class_exists($class) || interface_exists($class)
            ? array_values(array_diff(file($file, FILE_IGNORE_NEW_LINES), Surface::of($class)))
            : ['class'];

        self::assertEqualsCanonicalizing($this->known($class), $missing);
    }

    /** @return list<string> the members of a class that `missing.txt` says are not there yet */
    private function known(string $class): array
    {
        $lines = preg_grep('/^' . preg_quote($class) . ': /', file(__DIR__ . '/missing.txt', FILE_IGNORE_NEW_LINES));
        return array_values(array_map(static fn (string $line): string => substr($line, strlen("$class: ")), $lines));
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
