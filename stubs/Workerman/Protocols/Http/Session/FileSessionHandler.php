<?php

// Generated from the extension by `make stubs`.

namespace Workerman\Protocols\Http\Session;

/**
 * Keeps each session in a file that only the user of the service may read.
 *
 * A session is written to a file of its own that then takes the place of the old one, so that nobody ever reads half of it.
 */
class FileSessionHandler implements \Workerman\Protocols\Http\Session\SessionHandlerInterface
{
    /** The folder of the files, with its closing slash. */
    protected static string $sessionSavePath;
    protected static string $sessionFilePrefix = 'session_';

    /** @param array{save_path?: string} $config */
    public function __construct(array $config = []) {}

    /** Takes the folder of php.ini, or else that of the system for temporary files. */
    public static function init() {}

    /** Sets the folder, if one is given, and makes it if it is not there. Returns it with its closing slash. */
    public static function sessionSavePath(string $path): string {}

    public function open(string $savePath, string $name): bool {}

    public function read(string $sessionId): string|false {}

    public function write(string $sessionId, string $sessionData): bool {}

    public function updateTimestamp(string $sessionId, string $data = ''): bool {}

    public function destroy(string $sessionId): bool {}

    public function close(): bool {}

    public function gc(int $maxLifetime): bool {}

    /** The file of a session. An id that would lead out of the folder is refused: scripts may take ids from clients. */
    protected static function sessionFile(string $sessionId): string {}
}
