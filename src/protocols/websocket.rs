//! `Workerman\Protocols\Websocket`, and what scripts set on connections for it.

use ext_php_rs::types::Zval;

use crate::{
    connection::tcp_connection,
    worker,
    zend::{Class, Object, Result, array, value},
};

/// First byte of a text message in one frame.
const TEXT: u8 = 0x81;
/// RSV1: the payload is compressed.
const COMPRESSED: u8 = 0x40;

pub(super) fn register() {
    Class::declared(include_str!("websocket.stub.php")).register();
}

/// A websocket callback: that of the connection, or else that of its worker.
pub(crate) fn callback(connection: &Object, name: &str) -> Zval {
    let own = tcp_connection::own_callback(connection, name);
    if !own.is_null() {
        return own;
    }
    tcp_connection::worker_of(connection)
        .map_or_else(Zval::null, |worker| worker::callback(&worker, name))
}

/// The first byte of frames sent to the connection, as `$connection->websocketType` says. Compression is not offered to clients, so its bit is left out.
pub(crate) fn first_byte(connection: &Object) -> u8 {
    let chosen = connection.named("websocketType").and_then(|value| {
        value
            .zend_str()
            .and_then(|text| text.as_bytes().first().copied())
    });
    chosen.unwrap_or(TEXT) & !COMPRESSED
}

/// Calls `f` while the connection sends frames that begin with `byte`.
pub(crate) fn with_first_byte(
    connection: &Object,
    byte: u8,
    f: impl FnOnce() -> Result<()>,
) -> Result<()> {
    let before = connection
        .named("websocketType")
        .unwrap_or_else(|| value::bytes([TEXT]));
    connection.set_dynamic("websocketType", value::bytes([byte]));
    let result = f();
    connection.set_dynamic("websocketType", before);
    result
}

/// The header lines that `$connection->headers` adds to the answer of the handshake.
pub(crate) fn header_lines(connection: &Object) -> Vec<Vec<u8>> {
    let headers = tcp_connection::take_headers(connection);
    array::values(&headers)
        .iter()
        .filter_map(|line| line.zend_str().map(|text| text.as_bytes().to_vec()))
        .collect()
}
