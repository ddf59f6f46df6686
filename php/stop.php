<?php

return static fn (\Throwable $error) => \Workerman\Worker::stopAll(250, $error);
