<?php

declare(strict_types=1);

namespace Workerman\Protocols\Http\Session;

use InvalidArgumentException;
use Workerman\Protocols\Http\Session;

/**
 * Keeps each session in a file that only the user of the service may read.
 *
 * A session is written to a file of its own that then takes the place of the old one, so that nobody ever reads half of it.
 */
class FileSessionHandler implements SessionHandlerInterface
{
    /** The folder of the files, with its closing slash. */
    protected static string $sessionSavePath;
    protected static string $sessionFilePrefix = 'session_';

    /** @param array{save_path?: string} $config */
    public function __construct(array $config = [])
    {
        if (isset($config['save_path'])) {
            static::sessionSavePath($config['save_path']);
        }
    }

    /** Takes the folder of php.ini, or else that of the system for temporary files. */
    public static function init()
    {
        $path = function_exists('session_save_path') ? (string) session_save_path() : '';
        // php.ini may say "depth;mode;path".
        $path = substr((string) strrchr(";$path", ';'), 1);
        if ($path === '' || str_starts_with($path, 'tcp://')) {
            $path = sys_get_temp_dir();
        }
        static::sessionSavePath($path);
    }

    /** Sets the folder, if one is given, and makes it if it is not there. Returns it with its closing slash. */
    public static function sessionSavePath(string $path): string
    {
        if ($path === '') {
            return $path;
        }
        static::$sessionSavePath = rtrim($path, DIRECTORY_SEPARATOR) . DIRECTORY_SEPARATOR;
        if (!is_dir($path)) {
            mkdir($path, 0o777, true);
        }
        return static::$sessionSavePath;
    }

    public function open(string $savePath, string $name): bool
    {
        return true;
    }

    public function read(string $sessionId): string|false
    {
        $file = static::sessionFile($sessionId);
        clearstatcache(true, $file);
        if (is_link($file) || !is_file($file)) {
            return false;
        }
        // Another process may remove the file at any time.
        if (time() - (int) @filemtime($file) > Session::$lifetime) {
            @unlink($file);
            return false;
        }
        $stream = @fopen($file, 'r');
        if ($stream === false) {
            return false;
        }
        $content = self::isTrusted($stream) ? stream_get_contents($stream) : false;
        fclose($stream);
        return $content ?: false;
    }

    public function write(string $sessionId, string $sessionData): bool
    {
        $file = static::sessionFile($sessionId);
        $new = "$file." . bin2hex(random_bytes(8));
        // Made by us and nobody else, whatever there was.
        $stream = fopen($new, 'x');
        if ($stream === false) {
            return false;
        }
        $written = chmod($new, 0o600) && fwrite($stream, $sessionData) === strlen($sessionData);
        if (fclose($stream) && $written && rename($new, $file)) {
            return true;
        }
        unlink($new);
        return false;
    }

    public function updateTimestamp(string $sessionId, string $data = ''): bool
    {
        $file = static::sessionFile($sessionId);
        return !is_link($file) && is_file($file) && touch($file);
    }

    public function destroy(string $sessionId): bool
    {
        $file = static::sessionFile($sessionId);
        if (is_file($file)) {
            unlink($file);
        }
        return true;
    }

    public function close(): bool
    {
        return true;
    }

    public function gc(int $maxLifetime): bool
    {
        $now = time();
        foreach (glob(static::$sessionSavePath . static::$sessionFilePrefix . '*') ?: [] as $file) {
            // Another process may clean up at the same time.
            $modified = @filemtime($file);
            if ($modified !== false && $now - $modified > $maxLifetime) {
                @unlink($file);
            }
        }
        return true;
    }

    /**
     * Whether nobody else can have made up what is in a file: where others may write to the folder, it has to be root's or our own, as for PHP's sessions.
     *
     * @param resource $stream
     */
    private static function isTrusted($stream): bool
    {
        $owner = fstat($stream)['uid'];
        return $owner === 0 || !function_exists('posix_geteuid') || in_array(posix_geteuid(), [0, $owner], true);
    }

    /** The file of a session. An id that would lead out of the folder is refused: scripts may take ids from clients. */
    protected static function sessionFile(string $sessionId): string
    {
        if (strpbrk($sessionId, "/\\\0") !== false) {
            throw new InvalidArgumentException('a session id must not contain "/", "\" or a zero byte');
        }
        return static::$sessionSavePath . static::$sessionFilePrefix . $sessionId;
    }
}

FileSessionHandler::init();
