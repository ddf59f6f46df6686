//! `$connection->context`: where protocols keep what they know of a connection, under names that scripts rely on.

use ext_php_rs::types::Zval;

use crate::{connection::tcp_connection, zend::Object};

/// `$connection->context->$name ?? null`.
pub(super) fn get(connection: &Object, name: &str) -> Zval {
    let context = connection.object(tcp_connection::slots().context);
    context
        .and_then(|context| context.named(name))
        .unwrap_or_else(Zval::null)
}

/// `$connection->context->$name = $value`. A connection that was made without its constructor gets its context here.
pub(super) fn set(connection: &Object, name: &str, value: Zval) {
    let slot = tcp_connection::slots().context;
    // A plain object can always be made.
    let made = || Object::new(ext_php_rs::zend::ce::stdclass()).ok();
    let Some(context) = connection.object(slot).or_else(made) else {
        return;
    };
    connection.set(slot, context.to_zval());
    context.set_dynamic(name, value);
}

/// `unset($connection->context->$name)`. Returns what it was.
pub(super) fn take(connection: &Object, name: &str) -> Zval {
    let value = get(connection, name);
    if let Some(context) = connection.object(tcp_connection::slots().context) {
        context.unset_dynamic(name);
    }
    value
}
