--TEST--
The extension names its version and its settings
--FILE--
<?php
$extension = new ReflectionExtension('ouvrier');
var_dump($extension->getName(), $extension->getINIEntries());
echo $extension->getVersion(), "\n";
ob_start();
$extension->info();
var_dump(str_contains(ob_get_clean(), $extension->getVersion()));
--EXPECTF--
string(7) "ouvrier"
array(2) {
  ["ouvrier.drain_ms"]=>
  string(4) "3000"
  ["ouvrier.relief_ms"]=>
  string(1) "5"
}
%d.%d.%d
bool(true)
