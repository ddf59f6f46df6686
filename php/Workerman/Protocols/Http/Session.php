<?php

declare(strict_types=1);

namespace Workerman\Protocols\Http;

use Workerman\Protocols\Http\Session\FileSessionHandler;
use Workerman\Protocols\Http\Session\SessionHandlerInterface;

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
    public static array $gcProbability = [1, 20000];

    protected static string $handlerClass = FileSessionHandler::class;
    protected static mixed $handlerConfig = null;
    protected static ?SessionHandlerInterface $handler = null;

    protected mixed $data = [];
    protected bool $needSave = false;
    protected string $sessionId;
    protected bool $isSafe = true;
    /** @var array{callable-string, callable-string} */
    protected array $serializer = ['serialize', 'unserialize'];

    public function __construct(string $sessionId)
    {
        if (ini_get('session.serialize_handler') === 'igbinary' && extension_loaded('igbinary')) {
            $this->serializer = ['igbinary_serialize', 'igbinary_unserialize'];
        }
        if (static::$handler === null) {
            static::initHandler();
        }
        $this->sessionId = $sessionId;
        $data = static::$handler->read($sessionId);
        if ($data) {
            $this->data = $this->safeDeserialize($data);
        }
    }

    /** Takes the parameters of php.ini, where it has any, in place of the defaults of this class. */
    public static function init(): void
    {
        $probability = (int) ini_get('session.gc_probability');
        $divisor = (int) ini_get('session.gc_divisor');
        if ($probability !== 0 && $divisor !== 0) {
            static::$gcProbability = [$probability, $divisor];
        }
        static::$lifetime = (int) ini_get('session.gc_maxlifetime') ?: static::$lifetime;
        if (function_exists('session_get_cookie_params')) {
            $cookie = session_get_cookie_params();
            static::$cookieLifetime = $cookie['lifetime'];
            static::$cookiePath = $cookie['path'];
            static::$domain = $cookie['domain'];
            static::$secure = $cookie['secure'];
            static::$httpOnly = $cookie['httponly'];
            static::$sameSite = $cookie['samesite'];
        }
    }

    /**
     * Sets what keeps the sessions, and what its constructor is given, before the first of them is made. Returns the class.
     *
     * @param ?class-string<SessionHandlerInterface> $className
     */
    public static function handlerClass(mixed $className = null, mixed $config = null): string
    {
        static::$handlerClass = $className ?: static::$handlerClass;
        static::$handlerConfig = $config ?: static::$handlerConfig;
        return static::$handlerClass;
    }

    /** @return array{lifetime: int, path: string, domain: string, secure: bool, httponly: bool, samesite: string} */
    public static function getCookieParams(): array
    {
        return [
            'lifetime' => static::$cookieLifetime,
            'path' => static::$cookiePath,
            'domain' => static::$domain,
            'secure' => static::$secure,
            'httponly' => static::$httpOnly,
            'samesite' => static::$sameSite,
        ];
    }

    public function getId(): string
    {
        return $this->sessionId;
    }

    public function get(string $name, mixed $default = null): mixed
    {
        return $this->data[$name] ?? $default;
    }

    public function set(string $name, mixed $value): void
    {
        $this->data[$name] = $value;
        $this->needSave = true;
    }

    public function delete(string $name): void
    {
        unset($this->data[$name]);
        $this->needSave = true;
    }

    /** Gets and deletes. */
    public function pull(string $name, mixed $default = null): mixed
    {
        $value = $this->get($name, $default);
        $this->delete($name);
        return $value;
    }

    /** Sets one value, or each of an array. */
    public function put(array|string $key, mixed $value = null): void
    {
        foreach (is_array($key) ? $key : [$key => $value] as $name => $item) {
            $this->data[$name] = $item;
        }
        $this->needSave = true;
    }

    /** Deletes one value or several. */
    public function forget(array|string $name): void
    {
        foreach ((array) $name as $key) {
            unset($this->data[$key]);
        }
        $this->needSave = true;
    }

    public function all(): array
    {
        return $this->data;
    }

    /** Deletes everything. */
    public function flush(): void
    {
        $this->data = [];
        $this->needSave = true;
    }

    /** Whether there is such a value, and it is not null. */
    public function has(string $name): bool
    {
        return isset($this->data[$name]);
    }

    /** Whether there is such a value, null or not. */
    public function exists(string $name): bool
    {
        return array_key_exists($name, $this->data);
    }

    /** Writes what has changed. A session that has become empty is forgotten. */
    public function save(): void
    {
        if ($this->needSave) {
            if ($this->data) {
                static::$handler->write($this->sessionId, ($this->serializer[0])($this->data));
            } else {
                static::$handler->destroy($this->sessionId);
            }
        } elseif (static::$autoUpdateTimestamp) {
            $this->refresh();
        }
        $this->needSave = false;
    }

    /** Begins the lifetime anew. */
    public function refresh(): bool
    {
        return static::$handler->updateTimestamp($this->getId());
    }

    /** Removes the sessions that are forgotten. */
    public function gc(): void
    {
        static::$handler?->gc(static::$lifetime);
    }

    public function __unserialize(array $data): void
    {
        $this->isSafe = false;
    }

    public function __destruct()
    {
        if (!$this->isSafe) {
            return;
        }
        $this->save();
        [$probability, $divisor] = static::$gcProbability;
        if (random_int(1, $divisor) <= $probability) {
            $this->gc();
        }
    }

    protected static function initHandler(): void
    {
        static::$handler = static::$handlerConfig === null
            ? new static::$handlerClass()
            : new static::$handlerClass(static::$handlerConfig);
    }

    /** What was stored, as long as it is an array. No object comes to life. */
    protected function safeDeserialize(string $data): array
    {
        $unserialize = $this->serializer[1];
        $result = $unserialize === 'unserialize' ? unserialize($data, ['allowed_classes' => false]) : $unserialize($data);
        return is_array($result) ? $result : [];
    }
}

Session::init();
