//! `Workerman\Protocols\Http\Session`, and what keeps sessions. The classes are written in PHP, in the folder `php/`.

use ext_php_rs::{types::Zval, zend::ClassEntry};

use crate::zend::{
    Object, Result, Unwind, callback::call_static, embedded::Embedded, exception,
    statics::static_property,
};

const NAME: &str = r"Workerman\Protocols\Http\Session";

pub(crate) static CLASSES: [Embedded; 5] = [
    Embedded {
        name: NAME,
        file: c"ouvrier:Workerman/Protocols/Http/Session.php",
        source: include_str!("../../../php/Workerman/Protocols/Http/Session.php"),
    },
    Embedded {
        name: r"Workerman\Protocols\Http\Session\SessionHandlerInterface",
        file: c"ouvrier:Workerman/Protocols/Http/Session/SessionHandlerInterface.php",
        source: include_str!(
            "../../../php/Workerman/Protocols/Http/Session/SessionHandlerInterface.php"
        ),
    },
    Embedded {
        name: r"Workerman\Protocols\Http\Session\FileSessionHandler",
        file: c"ouvrier:Workerman/Protocols/Http/Session/FileSessionHandler.php",
        source: include_str!(
            "../../../php/Workerman/Protocols/Http/Session/FileSessionHandler.php"
        ),
    },
    Embedded {
        name: r"Workerman\Protocols\Http\Session\RedisSessionHandler",
        file: c"ouvrier:Workerman/Protocols/Http/Session/RedisSessionHandler.php",
        source: include_str!(
            "../../../php/Workerman/Protocols/Http/Session/RedisSessionHandler.php"
        ),
    },
    Embedded {
        name: r"Workerman\Protocols\Http\Session\RedisClusterSessionHandler",
        file: c"ouvrier:Workerman/Protocols/Http/Session/RedisClusterSessionHandler.php",
        source: include_str!(
            "../../../php/Workerman/Protocols/Http/Session/RedisClusterSessionHandler.php"
        ),
    },
];

/// The class, compiled if it is not there yet.
fn class() -> Result<&'static ClassEntry> {
    match ClassEntry::try_find(NAME) {
        Some(class) => Ok(class),
        None if exception::pending() => Err(Unwind::Exception),
        None => exception::throw_runtime("the session classes cannot be compiled"),
    }
}

/// `new Session($id)`.
pub(super) fn new(id: &Zval) -> Result<Object> {
    let session = Object::new(class()?)?;
    session.call("__construct", &mut [id.shallow_clone()])?;
    Ok(session)
}

/// The name of the cookie that holds the id, `Session::$name`.
pub(super) fn cookie_name() -> Result<Zval> {
    Ok(static_property(class()?, "name"))
}

/// `Session::getCookieParams()`.
pub(super) fn cookie_parameters() -> Result<Zval> {
    call_static(class()?, "getCookieParams", &mut [])
}
