<?php

return static function (\Workerman\Connection\TcpConnection $connection, mixed $handler, int $offset, int $length): void {
    if ($offset !== 0) {
        \fseek($handler, $offset);
    }
    $left = $length ?: \PHP_INT_MAX;
    $connection->context ??= new \stdClass();
    $connection->context->streamSending = true;
    $before = $connection->onBufferDrain;
    $goOn = static function (\Workerman\Connection\TcpConnection $connection) use ($handler, $before, &$left): void {
        do {
            $bytes = $left > 0 ? (string) \fread($handler, \min($left, 1 << 20)) : '';
            $left -= \strlen($bytes);
            $sent = $bytes === '' ? false : $connection->send($bytes, true);
        } while ($sent === true);
        if ($sent === false) {
            \fclose($handler);
            $connection->onBufferDrain = $before;
            $connection->context->streamSending = false;
            $connection->send('', true);
        }
    };
    $connection->onBufferDrain = static function (\Workerman\Connection\TcpConnection $connection) use ($before, $goOn): void {
        if ($before) {
            $before($connection);
        }
        $goOn($connection);
    };
    $goOn($connection);
};
