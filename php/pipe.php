<?php

return static function (\Workerman\Connection\TcpConnection $from, \Workerman\Connection\TcpConnection $to): void {
    $from->onMessage = static fn($connection, $data) => $to->send($data);
    $from->onClose = static fn() => $to->close();
    $to->onBufferFull = static fn() => $from->pauseRecv();
    $to->onBufferDrain = static fn() => $from->resumeRecv();
};
