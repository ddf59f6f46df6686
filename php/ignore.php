<?php

return static function (): void {};
