<?php

namespace Workerman;

/**
 * A server, or a group of processes without one: what to listen on, with how many processes, and what to call when something happens.
 *
 * @link https://www.workerman.net/doc/workerman/worker.html
 */
#[\AllowDynamicProperties]
class Worker
{
    /** The version of Workerman whose API this is. */
    final public const VERSION = '5.2.2';
    /** The master has not begun to start. */
    public const STATUS_INITIAL = 0;
    /** The master starts, or a worker is in its onWorkerStart. */
    public const STATUS_STARTING = 1;
    public const STATUS_RUNNING = 2;
    public const STATUS_SHUTDOWN = 4;
    public const STATUS_RELOADING = 8;
    /** Default length of the kernel's queue of connections that were not accepted yet; the kernel has its own ceiling (net.core.somaxconn). */
    public const DEFAULT_BACKLOG = 102400;
    /** Blank columns after the longest entry of the banner. */
    public const UI_SAFE_LENGTH = 4;
    public const BUILD_IN_TRANSPORTS = ['tcp' => 'tcp', 'udp' => 'udp', 'unix' => 'unix', 'ssl' => 'tcp'];
    public const ERROR_TYPE = [
        1 => 'E_ERROR', 2 => 'E_WARNING', 4 => 'E_PARSE', 8 => 'E_NOTICE', 16 => 'E_CORE_ERROR', 32 => 'E_CORE_WARNING',
        64 => 'E_COMPILE_ERROR', 128 => 'E_COMPILE_WARNING', 256 => 'E_USER_ERROR', 512 => 'E_USER_WARNING',
        1024 => 'E_USER_NOTICE', 4096 => 'E_RECOVERABLE_ERROR', 8192 => 'E_DEPRECATED', 16384 => 'E_USER_DEPRECATED',
    ];

    /** Number of this process within its worker, from 0. A process that replaces another has the same. */
    public int $id = 0;
    /** Name in the banner, in `status` and in process titles. */
    public string $name = 'none';
    /** How many processes. */
    public int $count = 1;
    /** User that the processes run as. Only root can change it. */
    public string $user = '';
    /** Group that the processes run as. Only root can change it. */
    public string $group = '';
    /** Whether `reload` replaces the processes of this worker. */
    public bool $reloadable = true;
    /** Every process binds the port itself and the kernel spreads connections over them (SO_REUSEPORT). */
    public bool $reusePort = false;
    /** @var null|callable(Worker): void Once in each process, before the first connection is accepted. */
    public $onWorkerStart = null;
    /** @var null|callable(Connection\TcpConnection): void A connection was accepted. */
    public $onConnect = null;
    /** @var null|callable(Connection\TcpConnection, Protocols\Http\Request): void A websocket handshake asks to be let in; close() refuses. */
    public $onWebSocketConnect = null;
    /** @var null|callable(Connection\TcpConnection, Protocols\Http\Request): void A websocket handshake was answered. */
    public $onWebSocketConnected = null;
    /** @var null|callable(Connection\TcpConnection, mixed): void A message arrived. */
    public $onMessage = null;
    /** @var null|callable(Connection\TcpConnection): void A connection is over; exactly once for each. */
    public $onClose = null;
    /** @var null|callable(Connection\TcpConnection, int, mixed): void Something sent was lost: code and reason. */
    public $onError = null;
    /** @var null|callable(Connection\TcpConnection): void The send buffer has reached its limit. */
    public $onBufferFull = null;
    /** @var null|callable(Connection\TcpConnection): void A send buffer that the socket could not take at once is empty again. */
    public $onBufferDrain = null;
    /** @var null|callable(Worker): void Once in each process, when it stops. */
    public $onWorkerStop = null;
    /** @var null|callable(Worker): void Once in each process, when it is told to reload. */
    public $onWorkerReload = null;
    /** Transport below the protocol: tcp, udp, unix or ssl. */
    public string $transport = 'tcp';
    /** @var array<int, Connection\TcpConnection> The open connections of this worker in this process, by id. */
    public array $connections = [];
    /** Class of the protocol, or null for none. Set from the scheme of the address by listen(). */
    public ?string $protocol = null;
    /** Whether the worker was told to stop. */
    public bool $stopping = false;
    /** Class of the event loop of this worker. Every class of Workerman\Events runs on the native one. */
    public ?string $eventLoop = null;

    /** Whether the service goes to the background. Set by `-d`. */
    public static bool $daemonize = false;
    /** @var null|resource Where safeEcho() writes; null is standard output. */
    public static $outputStream = null;
    /** In the background, the file that takes standard output and standard error. */
    public static string $stdoutFile = '/dev/null';
    /** Path of the pid file; empty for `workerman.<script>.pid` beside the script. */
    public static string $pidFile = '';
    /** Path of the status file; empty for `workerman.<script>.status` beside the script. */
    public static string $statusFile = '';
    /** Path of the log file; empty for `workerman.log` beside the script. */
    public static string $logFile = '';
    /** Size in bytes beyond which the older half of the log file is dropped. */
    public static int $logFileMaxSize = 10485760;
    /** The event loop of this process. */
    public static ?Events\EventInterface $globalEvent = null;
    /** @var null|callable(): void In the master, when it is told to reload. */
    public static $onMasterReload = null;
    /** @var null|callable(): void In the master, when everything has stopped. */
    public static $onMasterStop = null;
    /** @var null|callable(Worker, int, int): void In the master, when a process has ended: its worker, raw wait status and pid. */
    public static $onWorkerExit = null;
    /** Class of the event loop. Every class of Workerman\Events runs on the native one. */
    public static ?string $eventLoopClass = null;
    /** Seconds that a process has to stop before it is killed. */
    public static int $stopTimeout = 2;
    /** Command for scripts that are not run from a command line, such as "start -d". */
    public static string $command = '';

    protected ?bool $pauseAccept = null;
    /** Process id of the master. */
    protected static int $masterPid = 0;
    protected $mainSocket = null;
    /** The address as it was given to the constructor. */
    protected string $socketName = '';
    protected $socketContext = null;
    protected \stdClass $context;
    /** @var array<string, Worker> All workers of this process by object hash. */
    protected static array $workers = [];
    /** @var array<string, array<int, int>> In the master: the processes of each worker, by its $workerId. */
    protected static array $pidMap = [];
    /** @var array<int, int> In the master, during a reload: the processes that are still to be replaced. */
    protected static array $pidsToRestart = [];
    /** @var array<string, array<int, int>> In the master: the process behind each $id of each worker; 0 for none. */
    protected static array $idMap = [];
    /** One of the STATUS_* constants. */
    protected static int $status = 0;
    /** @var array<string, int> How long the longest entry of each column of the banner is. */
    protected static array $uiLengthData = [];
    /** Where the processes write for `status`. */
    protected static string $statisticsFile = '';
    /** Where the processes write for `connections`. */
    protected static string $connectionsFile = '';
    /** The script that was started. */
    protected static string $startFile = '';
    protected static array $processForWindows = [];
    /** When the service was started, and how often its processes have ended with which status, by $workerId. */
    protected static array $globalStatistics = ['start_timestamp' => 0, 'worker_exit_info' => []];
    protected static bool $gracefulStop = false;
    /** Whether $outputStream takes colours. */
    protected static bool $outputDecorated;
    protected ?string $workerId = null;

    /**
     * @param ?string $socketName Address: `scheme://host:port` or `unix:///path`, null for a worker that does not listen.
     *        Schemes: tcp, udp, unix, text, frame, http, websocket.
     * @param array $socketContext Stream context options, such as ['socket' => ['backlog' => 1024]].
     */
    public function __construct(?string $socketName = null, array $socketContext = []) {}

    /** Obeys the command line: starts, stops, ... Returns in the master only when it failed to start. */
    public static function runAll(): void {}

    /** @return array<string, Worker> */
    public static function getAllWorkers(): array {}

    public static function getStatus(): int {}

    /** Whether the processes wait for their connections to end before they stop. */
    public static function getGracefulStop(): bool {}

    /** Whether the service runs, in the master or in a worker. */
    public static function isRunning(): bool {}

    /**
     * Stops this process: a worker ends once its connections have got what was sent to them and is replaced by the master; the master stops everything.
     *
     * @param int $code Exit code.
     * @param mixed $log What to log before, such as an exception.
     */
    public static function stopAll(int $code = 0, mixed $log = ''): void {}

    /** Writes a line to the log file and, in the foreground, to standard output. */
    public static function log(\Stringable|string $msg, bool $decorated = false): void {}

    /** Writes to standard output. The tags <n>, <w> and <g> with their ends are colours on a terminal when $decorated, and nothing otherwise. */
    public static function safeEcho(string $msg, bool $decorated = false): void {}

    /** In the background, sends standard output and standard error to $stdoutFile (again: it may have been rotated). */
    public static function resetStd(): void {}

    /** @return array<string, string> The columns of the banner and the property that each shows. */
    public static function getUiColumns(): array {}

    /** How wide the banner is. */
    public static function getSingleLineTotalLength(): int {}

    /** @return list<string> The words of the command line, with those of $command. */
    public static function getArgv(): array {}

    /**
     * @return array<string, string>
     * @throws \RuntimeException Always: Ouvrier does not run on Windows.
     */
    public static function getStartFilesForWindows(): array {}

    /** @throws \RuntimeException Always: Ouvrier does not run on Windows. */
    public static function forkOneWorkerForWindows(string $startFile): void {}

    /** Makes this process one of $user and $group. Whoever cannot become what root asks for ends. */
    public function setUserAndGroup(): void {}

    /**
     * Opens the address in this process. Nothing happens without an address or when it is open already.
     *
     * @param bool $autoAccept Whether to accept connections at once.
     * @throws \RuntimeException With the system's message when the address cannot be bound, or why the address makes no sense.
     */
    public function listen(bool $autoAccept = true): void {}

    /**
     * The event loop of this process.
     *
     * @throws \TypeError When no worker process runs yet.
     */
    public static function getEventLoop(): Events\EventInterface {}

    /** Closes the address in this process. Accepted connections live on. */
    public function unlisten(): void {}

    /** Accepts no more connections for now; they wait in the kernel. */
    public function pauseAccept(): void {}

    /** Accepts connections again. */
    public function resumeAccept(): void {}

    /**
     * The listening socket as a PHP stream.
     *
     * @return ?resource null while the worker does not listen.
     */
    public function getMainSocket(): mixed {}

    /** The address as given, with a lower-case scheme, or 'none'. */
    public function getSocketName(): string {}

    /** What each process does first: listens and calls onWorkerStart. */
    public function run(): void {}

    /** Stops this worker in this process: calls onWorkerStop, closes the address and, unless graceful, the connections. */
    public function stop(bool $force = true): void {}

    protected static function checkSapiEnv(): void {}

    /**
     * Finds standard output, and whether it takes colours.
     *
     * @throws \RuntimeException When $outputStream is set and is no stream.
     */
    protected static function initStdOut(): void {}

    /** Finds out where everything is, unless the script has said so. */
    protected static function init(): void {}

    /** Settles $eventLoopClass. A loop that the script has put into $globalEvent stands for its class. */
    protected static function initGlobalEvent(): void {}

    /** Makes room in $idMap for the processes of each worker. */
    protected static function initId(): void {}

    protected static function getCurrentUser(): string {}

    /** Obeys the command line. */
    protected static function parseCommand(): void {}

    /** Whether the process exists and looks like a master. */
    protected static function checkMasterIsAlive(int $masterPid): bool {}

    /** The answer of the running service to `status`, as a table. */
    protected static function formatProcessStatusData(): string {}

    /** The answer of the running service to `connections`, as a table. */
    protected static function formatConnectionStatusData(): string {}

    /** Does nothing: initWorkers() binds while the terminal still listens, and says what is wrong. */
    protected static function checkPortAvailable(): void {}

    /** One start at a time: takes the lock of the service, or gives it back with LOCK_UN. */
    protected static function lock(int $flag = 2): void {}

    /** Binds the addresses and measures the banner. */
    protected static function initWorkers(): void {}

    protected static function daemonize(): void {}

    /** Makes the master, which takes its signals from now on. */
    protected static function installSignal(): void {}

    protected static function saveMasterPid(): void {}

    protected static function displayUI(): void {}

    protected static function getVersionLine(): string {}

    protected static function getUiColumnLength($name): int {}

    protected static function forkWorkers(): void {}

    /** Forks for every place without a process. */
    protected static function forkWorkersForLinux(): void {}

    /** Forks the next missing process of a worker, which lives and ends in this call. */
    protected static function forkOneWorkerForLinux(self $worker): void {}

    /** The number of the process within its worker; 0 for a process asks for the first free number. */
    protected static function getId(string $workerId, int $pid): string|int|false {}

    /** @return array<int, int> The processes of all workers, by process id. */
    protected static function getAllWorkerPids(): array {}

    protected static function setProcessTitle(string $title): void {}

    protected static function monitorWorkers(): void {}

    /** The life of the master: waits for signals and processes until everything has stopped. */
    protected static function monitorWorkersForLinux(): void {}

    /** In a worker process: listens to the signals of the master. */
    protected static function reinstallSignal(): void {}

    /** What a signal does, in the master and in its processes. */
    protected static function signalHandler(int $signal): void {}

    protected static function getSignalName(int $signal): string {}

    /** In the master: replaces the processes one after another. In a process: parts from the clients, and ends. */
    protected static function reload(): void {}

    /** Forgets processes that are gone although nobody has told. */
    protected static function checkIfChildRunning(): void {}

    /** The last thing a master does. */
    protected static function exitAndClearAll(): void {}

    protected static function writeStatisticsToStatusFile(): void {}

    protected static function writeConnectionsStatisticsToStatusFile(): void {}

    /** At the end of a process that was not told to stop: logs that, and the error that ended it. */
    protected static function checkErrors(): void {}

    /** The name of an error level, such as E_ERROR; empty for none. */
    protected static function getErrorType(int $type): string {}

    /** Understands the address: sets $transport and $protocol, and returns what is to be bound, such as tcp://0.0.0.0:80. */
    protected function parseSocketAddress(): ?string {}

    /** @throws \RuntimeException Always: connections are accepted by the network. */
    protected function acceptTcpConnection(mixed $socket): void {}

    /** @throws \RuntimeException Always: packets are received by the network. */
    protected function acceptUdpConnection(mixed $socket): void {}

    /** @throws \RuntimeException Always: Ouvrier does not run on Windows. */
    protected static function forkWorkersForWindows(): void {}

    /** @throws \RuntimeException Always: Ouvrier does not run on Windows. */
    protected static function checkWorkerStatusForWindows(): void {}

    /** @throws \RuntimeException Always: Ouvrier does not run on Windows. */
    protected static function monitorWorkersForWindows(): void {}

    /** What an event loop of the script calls when the network is ready. */
    private static function visitNetwork(): void {}

    /** Where fibers of ours begin. */
    private static function enterFiber(): void {}
}
