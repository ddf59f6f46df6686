//! What connections get from their worker: callbacks, protocol and settings.

use ext_php_rs::types::Zval;
use ouvrier_net::{Protocol, Settings};

use super::{reactor, slots, stop};
use crate::{
    connection::{answer, connection_interface, tcp_connection},
    protocols,
    zend::{Object, Result, array, callback as php, exception},
};

/// Gives a new connection what it has from its worker.
pub(crate) fn introduce(this: &Object, connection: &Object) {
    let (slots, inherited, own) = (
        slots(),
        connection_interface::slots(),
        tcp_connection::slots(),
    );
    for (from, to) in [
        (slots.protocol, inherited.protocol),
        (slots.transport, own.transport),
        (slots.on_message, inherited.on_message),
        (slots.on_close, inherited.on_close),
        (slots.on_error, inherited.on_error),
        (slots.on_buffer_drain, own.on_buffer_drain),
        (slots.on_buffer_full, own.on_buffer_full),
    ] {
        connection.set(to, this.get(from));
    }
    connection.set(own.worker, this.to_zval());
    if let Some(event_loop) = reactor::current().and_then(|reactor| reactor.event_loop()) {
        connection.set(inherited.event_loop, event_loop.to_zval());
    }
    let id = connection.long(own.id);
    let old = this.change(slots.connections, |connections| {
        array::replace_index(connections, id, connection.to_zval())
    });
    drop(old);
}

/// Removes a connection from `$worker->connections`.
pub(crate) fn forget_connection(this: &Object, id: i64, connection: &Object) -> Option<Zval> {
    this.change(slots().connections, |connections| {
        array::take_object(connections, id, connection)
    })
}

pub(crate) fn on_connect(this: &Object) -> Zval {
    this.get(slots().on_connect)
}

pub(crate) fn on_message(this: &Object) -> Zval {
    this.get(slots().on_message)
}

/// A websocket callback of a worker, declared or dynamic; null when it is not set.
pub(crate) fn callback(this: &Object, name: &str) -> Zval {
    match name {
        "onWebSocketConnect" => this.get(slots().on_web_socket_connect),
        "onWebSocketConnected" => this.get(slots().on_web_socket_connected),
        _ => protocols::websocket::dynamic_callback(this, name),
    }
}

/// Calls a callback of a worker, if it is set. An exception stops the process with status 250.
pub(crate) fn notify(callback: &Zval, arguments: &mut [Zval]) -> Result<()> {
    if !php::is_set(callback) {
        return Ok(());
    }
    match php::notify(callback, arguments) {
        Ok(()) => Ok(()),
        Err(unwind) => match exception::take() {
            Some(exception) => stop::fail(exception.to_zval()),
            None => Err(unwind),
        },
    }
}

/// How connections of a worker begin.
pub(crate) fn settings(this: &Object) -> Settings {
    let has = |name: &str| php::is_set(&callback(this, name));
    Settings {
        max_package_size: tcp_connection::default_max_package_size(),
        ask_upgrade: has("onWebSocketConnect"),
        tell_ping: has("onWebSocketPing"),
        tell_close: has("onWebSocketClose"),
    }
}

/// Whether connections of a worker wait to be read until `onConnect`, which may set anything on them, has run.
pub(crate) fn introduces(this: &Object) -> bool {
    php::is_set(&on_connect(this))
}

/// What the network has to know of a connection that the script knows, and that speaks `protocol`. Only a websocket asks the script in between.
pub(crate) fn settings_for_connection(
    connection: &Object,
    max_package_size: usize,
    protocol: Protocol,
) -> Settings {
    let is_websocket = protocol.role().is_some();
    let has =
        |name: &str| is_websocket && php::is_set(&protocols::websocket::callback(connection, name));
    Settings {
        max_package_size,
        ask_upgrade: has("onWebSocketConnect") || (is_websocket && answer::has_headers(connection)),
        tell_ping: has("onWebSocketPing"),
        tell_close: has("onWebSocketClose"),
    }
}
