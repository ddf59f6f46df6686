<?php
// Connect to the internal port by a socket
$client = stream_socket_client('tcp://127.0.0.1:5678', $errno, $errmsg, 1);
// The data to push; its field uid says to which uid it is pushed
$data = array('uid'=>'uid1', 'percent'=>'88%');
// Send the data; port 5678 speaks the Text protocol, which needs a line feed at the end of the data
fwrite($client, json_encode($data)."\n");
// Read the result of the push
echo fread($client, 8192);
