<?php

// Generated from the extension by `make stubs`.

namespace Workerman\Protocols\Http\Session;

/**
 * What keeps sessions. All methods but read() tell whether they succeeded.
 */
interface SessionHandlerInterface
{
    public function close(): bool;

    /** Forgets a session. */
    public function destroy(string $sessionId): bool;

    /**
     * Forgets the sessions that have not been written for too long.
     *
     * @param int $maxLifetime Seconds.
     */
    public function gc(int $maxLifetime): bool;

    public function open(string $savePath, string $name): bool;

    /** What was written; false when there is nothing. */
    public function read(string $sessionId): string|false;

    public function write(string $sessionId, string $sessionData): bool;

    /** Begins the lifetime of a session anew. */
    public function updateTimestamp(string $sessionId, string $data = ''): bool;
}
