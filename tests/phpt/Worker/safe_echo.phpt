--TEST--
safeEcho() drops its tags where there is no terminal
--FILE--
<?php
use Workerman\Worker;

Worker::safeEcho("<n>plain</n> <w>white</w> <g>green</g>\n");
Worker::safeEcho("bytes \xFF\0 kept\n");
--EXPECTF--
plain white green
bytes %skept
