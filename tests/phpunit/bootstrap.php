<?php

declare(strict_types=1);

/*
 * Loads the classes of the tests by PSR-4, so that they run with Debian's PHPUnit and no Composer.
 */
spl_autoload_register(static function (string $class): void {
    $folders = ['Ouvrier\\Tests\\Browser\\' => dirname(__DIR__) . '/browser/', 'Ouvrier\\Tests\\' => __DIR__ . '/'];
    foreach ($folders as $prefix => $folder) {
        if (str_starts_with($class, $prefix)) {
            $file = $folder . strtr(substr($class, strlen($prefix)), '\\', '/') . '.php';
            if (is_file($file)) {
                require $file;
            }
            return;
        }
    }
});
