//! `Workerman\Protocols\Websocket`, and what scripts set on connections for it.

mod compression;
pub(super) mod methods;

use std::{cell::Cell, sync::Arc};

pub(super) use methods::has_shaken_hands;

use ext_php_rs::types::Zval;
use ouvrier_net::{Connection, Protocol, frame};
use ouvrier_protocol::websocket::{Kind, handshake};

use crate::{
    connection::{answer, connection_interface::settle, tcp_connection},
    worker,
    zend::{Class, Name, Object, Result, array, callback as php, loan, value},
};

/// The property that says what is sent.
static TYPE: Name = Name::new("websocketType");
/// Callbacks that connections or workers have as dynamic properties.
static DYNAMIC: [Name; 3] = [
    Name::new("onWebSocketPing"),
    Name::new("onWebSocketPong"),
    Name::new("onWebSocketClose"),
];
/// The place of that for pings.
const PING: usize = 0;
/// RSV1: the payload is compressed.
const COMPRESSED: u8 = 0x40;

pub(super) fn register() {
    TYPE.prepare();
    for name in &DYNAMIC {
        name.prepare();
    }
    let class = Class::declared(include_str!("websocket.stub.php"));
    methods::methods(class).register();
}

/// Which callbacks a connection has itself, of those that the network has to know of: for the handshake, close frames and pings.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct OwnCallbacks([Own; 3]);

/// What a connection says about a callback.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Own {
    /// Nothing: that of its worker counts.
    #[default]
    Null,
    /// That there is none.
    None,
    Set,
}

impl OwnCallbacks {
    /// Those of a connection that speaks `protocol`; without websocket none of them counts.
    #[inline]
    pub(crate) fn of(connection: &Object, protocol: Protocol) -> Self {
        let is_websocket = matches!(protocol, Protocol::Websocket | Protocol::WebsocketClient);
        if is_websocket && may_have_callbacks(connection) {
            Self::read(connection)
        } else {
            Self::default()
        }
    }

    #[inline(never)]
    fn read(connection: &Object) -> Self {
        let slots = tcp_connection::slots();
        let ping = own_property(connection, &DYNAMIC[PING]);
        Self([
            connection.look(slots.on_web_socket_connect, Own::of),
            connection.look(slots.on_web_socket_close, Own::of),
            ping.map_or(Own::Null, |ping| Own::of(&ping)),
        ])
    }
}

/// Whether one of those callbacks may be the connection's own; usually it is soon clear that none is.
#[inline]
fn may_have_callbacks(connection: &Object) -> bool {
    let slots = tcp_connection::slots();
    connection.may_have_dynamic(&DYNAMIC[PING])
        || !connection.is_null(slots.on_web_socket_close)
        || !connection.is_null(slots.on_web_socket_connect)
        || !tcp_connection::is_native(connection)
}

impl Own {
    fn of(callback: &Zval) -> Self {
        if callback.is_null() {
            Self::Null
        } else if php::is_set(callback) {
            Self::Set
        } else {
            Self::None
        }
    }
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

/// A websocket callback that a connection or a worker has as a dynamic property; null when it is not set.
pub(crate) fn dynamic_callback(of: &Object, name: &str) -> Zval {
    let known = DYNAMIC.iter().find(|known| known.text() == name);
    let callback = known.map_or_else(|| of.named(name), |known| own_property(of, known));
    callback.unwrap_or_else(Zval::null)
}

/// Lets what is known of the handshake follow a connection that changes to `protocol`: from the network into the context, where a class of the
/// application that uses `Websocket` looks for it, or back. What such a class has kept until the end of the handshake goes out.
pub(crate) fn carry_handshake(this: &Object, connection: &Arc<Connection>, protocol: Protocol) {
    if protocol == Protocol::Websocket && has_shaken_hands(this) {
        connection.skip_handshake();
    } else if connection.protocol() == Protocol::Websocket && connection.is_upgraded() {
        methods::shake_hands(this);
        let early = methods::take_early(this);
        let early = methods::text(&early);
        if !early.is_empty() {
            // There was room for it when it was kept.
            connection.send_raw(usize::MAX, |out| out.extend_from_slice(early));
        }
    }
}

/// Notes the type of a message that was received, so that what is sent from now on is of the same. Whether it is to be compressed remains.
pub(crate) fn follow_type(connection: &Object, kind: Kind) -> Result<()> {
    let compressed = first_byte(connection)? & COMPRESSED;
    let first_byte = match kind {
        Kind::Text => frame::TEXT,
        Kind::Binary => frame::BINARY,
    };
    set_first_byte(connection, first_byte | compressed)
}

/// The first byte of frames sent to the connection: what `$connection->websocketType` says.
///
/// # Errors
/// What the `__get()` of a subclass has thrown.
pub(crate) fn first_byte(connection: &Object) -> Result<u8> {
    let chosen = if tcp_connection::is_native(connection) {
        connection.known_dynamic(&TYPE)
    } else {
        connection.read(&TYPE)?
    };
    let first = chosen.and_then(|value| {
        value
            .zend_str()
            .and_then(|text| text.as_bytes().first().copied())
    });
    Ok(first.unwrap_or(frame::TEXT))
}

/// Says in `$connection->websocketType` what is sent.
///
/// # Errors
/// What the `__set()` of a subclass has thrown.
fn set_first_byte(connection: &Object, first_byte: u8) -> Result<()> {
    connection.assign(&TYPE, value::bytes([first_byte]))
}

/// As [`first_byte`], for frames encoded by hand: afterwards the connection says which it is.
///
/// # Errors
/// What a subclass has thrown.
pub(super) fn settled_first_byte(connection: &Object) -> Result<u8> {
    let first_byte = first_byte(connection)?;
    set_first_byte(connection, first_byte)?;
    Ok(first_byte)
}

/// A property of a connection or a worker that our own classes do not declare; a subclass may.
fn own_property(of: &Object, name: &Name) -> Option<Zval> {
    if tcp_connection::is_native(of) || worker::is_native(of) {
        of.known_dynamic(name)
    } else {
        of.known(name)
    }
}

/// Calls `f` while the connection sends frames that begin with `byte`. Meanwhile others may send something else where a fiber is suspended in `f`.
pub(crate) fn with_first_byte(
    connection: &Object,
    byte: u8,
    f: impl FnOnce() -> Result<()>,
) -> Result<()> {
    let default = || value::bytes([frame::TEXT]);
    loan::with_property(connection, &TYPE, value::bytes([byte]), default, settle, f)
}

/// The header lines that `$connection->headers` adds to the answer of the handshake `head`. A subprotocol that the client has not offered is
/// left out: the client would have to fail the connection (RFC 6455 section 4.1).
pub(crate) fn header_lines(connection: &Object, head: &[u8]) -> Result<Vec<Vec<u8>>> {
    let headers = answer::take_headers(connection);
    let mut lines = Vec::new();
    for line in array::values(&headers) {
        let Some(line) = line.zend_str().map(|text| text.as_bytes()) else {
            continue;
        };
        match handshake::chosen_protocol(line) {
            Some(chosen) if !handshake::offers_protocol(head, chosen) => warn(chosen)?,
            _ => lines.push(line.to_vec()),
        }
    }
    Ok(lines)
}

/// Says once that the script answers with a subprotocol that was not offered: it will do so for many clients.
fn warn(chosen: &[u8]) -> Result<()> {
    thread_local! {
        static WARNED: Cell<bool> = const { Cell::new(false) };
    }
    if WARNED.replace(true) {
        return Ok(());
    }
    let chosen = String::from_utf8_lossy(chosen).into_owned();
    let text = format!(
        "Warning: the subprotocol {chosen} was left out of a websocket handshake, since the client has not offered it. \
         Look at $request->header('sec-websocket-protocol') before setting $connection->headers"
    );
    worker::log::line(worker::service(), &text)
}
