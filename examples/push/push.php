<?php
use Workerman\Worker;
use Workerman\Connection\TcpConnection;
require_once __DIR__ . '/vendor/autoload.php';

// Create a worker container listening on port 1234
$worker = new Worker('websocket://0.0.0.0:1234');

/**
 * Note: the number of processes must be set to 1
 */
$worker->count = 1;
// When the worker process starts, create a text worker to open a port for internal communication
$worker->onWorkerStart = function($worker)
{
    // Open an internal port through which internal systems push data; Text protocol format: text + line feed
    $inner_text_worker = new Worker('text://0.0.0.0:5678');
    $inner_text_worker->onMessage = function(TcpConnection $connection, $buffer)
    {
        // The array $data contains the uid, which says to which uid the data is to be pushed
        $data = json_decode($buffer, true);
        $uid = $data['uid'];
        // Through workerman, send the data to the page of that uid
        $ret = sendMessageByUid($uid, $buffer);
        // Return the result of the push
        $connection->send($ret ? 'ok' : 'fail');
    };
    // ## Listen ##
    $inner_text_worker->listen();
};
// Add a new property that maps each uid to its connection
$worker->uidConnections = array();
// When a client sends a message
$worker->onMessage = function(TcpConnection $connection, $data)
{
    global $worker;
    // Check whether the client has already been authenticated, that is, whether its uid is set
    if(!isset($connection->uid))
    {
       // If not, the first packet is taken as the uid (for this demonstration there is no real verification)
       $connection->uid = $data;
       /* Map the uid to the connection: the connection is then easy to find by uid, and data can be sent to that uid alone */
       $worker->uidConnections[$connection->uid] = $connection;
       return;
    }
};

// When a client disconnects
$worker->onClose = function(TcpConnection $connection)
{
    global $worker;
    if(isset($connection->uid))
    {
        // Remove the mapping when the connection is closed
        unset($worker->uidConnections[$connection->uid]);
    }
};

// Send data to every authenticated user
function broadcast($message)
{
   global $worker;
   foreach($worker->uidConnections as $connection)
   {
        $connection->send($message);
   }
}

// Send data to one uid
function sendMessageByUid($uid, $message)
{
    global $worker;
    if(isset($worker->uidConnections[$uid]))
    {
        $connection = $worker->uidConnections[$uid];
        $connection->send($message);
        return true;
    }
    return false;
}

// Run all workers
Worker::runAll();
