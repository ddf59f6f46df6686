//! Protocol classes that an application brings: `input()`, `decode()`, `encode()` and perhaps `onConnect()` and `onClose()`, static methods all, found by the
//! name of the class.
//!
//! They are called the way Workerman calls them, with the connection as the last argument whether they declare it or not.

use std::cell::RefCell;

use ext_php_rs::types::Zval;

use crate::zend::{Object, Result, callback, exception, library, value};

/// A class, by the name that it was asked for with, and its methods as callables; null for those that it lacks.
///
/// The strings are kept since PHP looks a callable string up once only for as long as it stays the same string.
struct Class {
    name: Zval,
    input: Zval,
    decode: Zval,
    encode: Zval,
    on_connect: Zval,
    on_close: Zval,
}

thread_local! {
    static CLASSES: RefCell<Vec<Class>> = const { RefCell::new(Vec::new()) };
}

/// Whether the class cuts: protocols of datagrams need not.
pub(crate) fn has_input(class: &Zval) -> Result<bool> {
    method(class, |class| &class.input).map(|method| !method.is_null())
}

/// `$class::input($buffer, $connection)`.
pub(crate) fn input(class: &Zval, buffer: Zval, connection: &Object) -> Result<Zval> {
    call(class, |class| &class.input, "input", buffer, connection)
}

/// `$class::decode($package, $connection)`.
pub(crate) fn decode(class: &Zval, package: Zval, connection: &Object) -> Result<Zval> {
    call(class, |class| &class.decode, "decode", package, connection)
}

/// `$class::encode($data, $connection)`.
pub(crate) fn encode(class: &Zval, data: Zval, connection: &Object) -> Result<Zval> {
    call(class, |class| &class.encode, "encode", data, connection)
}

/// `$class::onConnect($connection)`, if the class has such a method: the script has connected to a server.
pub(crate) fn on_connect(class: &Zval, connection: &Object) -> Result<()> {
    call_if_any(class, |class| &class.on_connect, connection)
}

/// `$class::onClose($connection)`, if the class has such a method.
pub(crate) fn on_close(class: &Zval, connection: &Object) -> Result<()> {
    call_if_any(class, |class| &class.on_close, connection)
}

fn call_if_any(class: &Zval, which: fn(&Class) -> &Zval, connection: &Object) -> Result<()> {
    let method = method(class, which)?;
    if method.is_null() {
        return Ok(());
    }
    callback::notify(&method, &mut [connection.to_zval()])
}

/// Forgets the classes: they belong to the request that ends.
pub(crate) fn forget() {
    drop(CLASSES.take());
}

fn call(
    class: &Zval,
    which: fn(&Class) -> &Zval,
    name: &str,
    first: Zval,
    connection: &Object,
) -> Result<Zval> {
    let method = method(class, which)?;
    if method.is_null() {
        let class = class.string().unwrap_or_default();
        let message = format!("Call to undefined method {class}::{name}()");
        return exception::throw(ext_php_rs::zend::ce::error(), &message);
    }
    callback::call(&method, &mut [first, connection.to_zval()])
}

/// A method of a class, which may have to be loaded.
fn method(class: &Zval, which: fn(&Class) -> &Zval) -> Result<Zval> {
    if let Some(known) = known(class, which) {
        return Ok(known);
    }
    let found = find(class)?;
    let method = which(&found).shallow_clone();
    CLASSES.with_borrow_mut(|classes| classes.push(found));
    Ok(method)
}

fn known(name: &Zval, which: fn(&Class) -> &Zval) -> Option<Zval> {
    CLASSES.with_borrow(|classes| {
        let same = |class: &&Class| value::identity(&class.name) == value::identity(name);
        let equal = |class: &&Class| class.name.zend_str() == name.zend_str();
        let found = classes.iter().find(same);
        let found = found.or_else(|| classes.iter().find(equal))?;
        Some(which(found).shallow_clone())
    })
}

fn find(name: &Zval) -> Result<Class> {
    let text = name.string().unwrap_or_default();
    let class = library::class(&text)?;
    let full = class.name().unwrap_or(&text);
    let method = |name: &str| {
        let method = value::bytes(format!("{full}::{name}"));
        if callback::is_callable(&method) {
            method
        } else {
            Zval::null()
        }
    };
    Ok(Class {
        name: name.shallow_clone(),
        input: method("input"),
        decode: method("decode"),
        encode: method("encode"),
        on_connect: method("onConnect"),
        on_close: method("onClose"),
    })
}
