--TEST--
Lifetime, cookie and clean-up follow php.ini
--INI--
session.gc_maxlifetime=60
session.gc_probability=2
session.gc_divisor=3
session.cookie_lifetime=120
session.cookie_path=/app
session.cookie_domain=example.com
session.cookie_secure=1
session.cookie_httponly=1
session.cookie_samesite=Lax
--FILE--
<?php
use Workerman\Protocols\Http\Session;

var_dump(Session::$lifetime);
echo json_encode([Session::$gcProbability, Session::getCookieParams()], JSON_UNESCAPED_SLASHES), "\n";
Session::$cookiePath = '/other';
echo Session::getCookieParams()['path'], "\n";
?>
--EXPECT--
int(60)
[[2,3],{"lifetime":120,"path":"/app","domain":"example.com","secure":true,"httponly":true,"samesite":"Lax"}]
/other
