<?php

// Generated from the extension by `make stubs`.

namespace Workerman\Protocols\Http;

/**
 * What is remembered of a client from one request to the next.
 *
 * It is read when it is made and written when it is destroyed, if it has changed: right after `onMessage`, unless the script keeps
 * it. Of two requests of a client that change it at the same time, the one that ends last wins.
 *
 * @link https://www.workerman.net/doc/workerman/http/session.html
 */
class Session
{
    /** The name of the cookie that holds the id. */
    public static string $name = 'PHPSID';
    /** Keeps sessions alive that are read and not changed. */
    public static bool $autoUpdateTimestamp = false;
    /** Seconds after which a session that was not written is forgotten. */
    public static int $lifetime = 1440;
    /** Seconds that a browser keeps the cookie; 0 until it is closed. */
    public static int $cookieLifetime = 1440;
    public static string $cookiePath = '/';
    public static string $domain = '';
    /** The browser sends the cookie over https only. */
    public static bool $secure = false;
    /** Scripts in the browser do not get to see the cookie. */
    public static bool $httpOnly = true;
    public static string $sameSite = '';
    /** @var array{int, int} In how many of how many cases the end of a session removes those that are forgotten. */
    public static array $gcProbability = [
        1,
        20000,
    ];
    protected static string $handlerClass = 'Workerman\\Protocols\\Http\\Session\\FileSessionHandler';
    protected static mixed $handlerConfig = null;
    protected static ?\Workerman\Protocols\Http\Session\SessionHandlerInterface $handler = null;
    protected mixed $data = [];
    protected bool $needSave = false;
    protected string $sessionId;
    protected bool $isSafe = true;
    /** @var array{callable-string, callable-string} */
    protected array $serializer = [
        'serialize',
        'unserialize',
    ];

    public function __construct(string $sessionId) {}

    /** Takes the parameters of php.ini, where it has any, in place of the defaults of this class. */
    public static function init(): void {}

    /**
     * Sets what keeps the sessions, and what its constructor is given, before the first of them is made. Returns the class.
     *
     * @param ?class-string<SessionHandlerInterface> $className
     */
    public static function handlerClass(mixed $className = null, mixed $config = null): string {}

    /** @return array{lifetime: int, path: string, domain: string, secure: bool, httponly: bool, samesite: string} */
    public static function getCookieParams(): array {}

    public function getId(): string {}

    public function get(string $name, mixed $default = null): mixed {}

    public function set(string $name, mixed $value): void {}

    public function delete(string $name): void {}

    /** Gets and deletes. */
    public function pull(string $name, mixed $default = null): mixed {}

    /** Sets one value, or each of an array. */
    public function put(array|string $key, mixed $value = null): void {}

    /** Deletes one value or several. */
    public function forget(array|string $name): void {}

    public function all(): array {}

    /** Deletes everything. */
    public function flush(): void {}

    /** Whether there is such a value, and it is not null. */
    public function has(string $name): bool {}

    /** Whether there is such a value, null or not. */
    public function exists(string $name): bool {}

    /** Writes what has changed. A session that has become empty is forgotten. */
    public function save(): void {}

    /** Begins the lifetime anew. */
    public function refresh(): bool {}

    /** Removes the sessions that are forgotten. */
    public function gc(): void {}

    public function __unserialize(array $data): void {}

    public function __destruct() {}

    protected static function initHandler(): void {}

    /** What was stored, as long as it is an array. No object comes to life. */
    protected function safeDeserialize(string $data): array {}
}
