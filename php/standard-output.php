<?php

return static fn() => \defined('STDOUT') && \is_resource(\STDOUT) ? \STDOUT : \fopen('php://stdout', 'w');
