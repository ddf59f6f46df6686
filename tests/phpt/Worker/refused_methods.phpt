--TEST--
What has no meaning here says so
--FILE--
<?php
class Probe extends Workerman\Worker
{
    public static function look(): void
    {
        $worker = new self();
        foreach ([
            fn () => self::getStartFilesForWindows(),
            fn () => self::forkOneWorkerForWindows('x.php'),
            fn () => self::forkWorkersForWindows(),
            fn () => self::checkWorkerStatusForWindows(),
            fn () => self::monitorWorkersForWindows(),
            fn () => $worker->acceptTcpConnection(null),
            fn () => $worker->acceptUdpConnection(null),
            fn () => self::forkWorkers(),
            fn () => self::monitorWorkers(),
        ] as $call) {
            try {
                $call();
            } catch (RuntimeException $exception) {
                echo $exception->getMessage(), "\n";
            }
        }
    }
}
Probe::look();
?>
--EXPECT--
Ouvrier does not run on Windows
Ouvrier does not run on Windows
Ouvrier does not run on Windows
Ouvrier does not run on Windows
Ouvrier does not run on Windows
Ouvrier accepts connections itself: listen(), pauseAccept() and resumeAccept() say when
Ouvrier accepts connections itself: listen(), pauseAccept() and resumeAccept() say when
installSignal() has to come before forkWorkers()
installSignal() has to come before monitorWorkers()
