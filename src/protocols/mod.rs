//! `Workerman\Protocols`: the classes. The bytes are in the crate `ouvrier-protocol`.

pub(crate) mod http;
mod length_prefixed;
mod text;
pub(crate) mod websocket;

use ouvrier_net::Protocol;

use crate::{
    connection::{connection_interface, tcp_connection},
    zend::{Class, Object, Result, exception},
};

/// What the `$protocol` property of a worker or a connection names.
pub(crate) enum Choice {
    /// A protocol that the network cuts messages by, or none.
    Native(Protocol),
    /// A class that is not ours.
    Unknown(String),
}

/// Our protocol classes.
const NATIVE: [(&str, Protocol); 4] = [
    ("Workerman\\Protocols\\Text", Protocol::Text),
    ("Workerman\\Protocols\\Frame", Protocol::LengthPrefixed),
    ("Workerman\\Protocols\\Http", Protocol::Http),
    ("Workerman\\Protocols\\Websocket", Protocol::Websocket),
];

/// Registers the classes.
pub(crate) fn register() {
    Class::declared(include_str!("protocol_interface.stub.php")).register();
    text::register();
    length_prefixed::register();
    websocket::register();
    http::register();
}

/// The protocol of a connection at this moment.
pub(crate) fn of_connection(connection: &Object) -> Choice {
    connection.look(
        connection_interface::slots().protocol,
        |value| match value.zend_str() {
            None => Choice::Native(Protocol::Raw),
            Some(class) => of_class(class.as_bytes()),
        },
    )
}

/// The protocol that a class name stands for.
pub(crate) fn of_class(class: &[u8]) -> Choice {
    let class = class.strip_prefix(b"\\").unwrap_or(class);
    if class.is_empty() {
        return Choice::Native(Protocol::Raw);
    }
    let native = NATIVE
        .iter()
        .find(|(name, _)| name.as_bytes().eq_ignore_ascii_case(class));
    native.map_or_else(
        || Choice::Unknown(String::from_utf8_lossy(class).into_owned()),
        |(_, protocol)| Choice::Native(*protocol),
    )
}

/// Throws what there is to say about a protocol class written in PHP.
pub(crate) fn refuse<T>(class: &str) -> Result<T> {
    exception::throw_runtime(&format!(
        "protocol class {class} is written in PHP, which this version of Ouvrier cannot run; text, frame, http and websocket are built in"
    ))
}

/// Whether a connection speaks websocket and its handshake is done.
pub(crate) fn is_open_websocket(connection: &Object) -> bool {
    matches!(
        of_connection(connection),
        Choice::Native(Protocol::Websocket)
    ) && tcp_connection::is_upgraded(connection)
}
