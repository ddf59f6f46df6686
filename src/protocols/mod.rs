//! `Workerman\Protocols`: the classes. The bytes are in the crate `ouvrier-protocol`. [`application`]: protocol classes written in PHP.

pub(crate) mod application;
mod context;
pub(crate) mod http;
mod length_prefixed;
mod text;
pub(crate) mod websocket;
pub(crate) mod ws;

use std::{cell::RefCell, sync::Arc};

use ext_php_rs::{types::Zval, zend::ClassEntry};
use ouvrier_net::{Connection, Protocol};
use ouvrier_protocol::websocket::Role;

use crate::{
    connection::{
        connection_interface::{self, settle},
        tcp_connection,
    },
    zend::{Class, Name, Object, Result, Unwind, exception, object::instance_of, value},
};

/// What the `$protocol` property of a worker or a connection names.
pub(crate) enum Choice {
    /// A protocol that the network cuts messages by, or none.
    Native(Protocol),
    /// Any other class, by its name: to be called.
    Application(Zval),
}

impl Choice {
    /// What the network cuts by. Bytes for a class of the application come as they are.
    pub(crate) const fn on_the_network(&self) -> Protocol {
        match self {
            Self::Native(protocol) => *protocol,
            Self::Application(_) => Protocol::Raw,
        }
    }

    /// The identity of the name of the application's class, if it is one.
    pub(crate) fn identity(&self) -> Option<usize> {
        match self {
            Self::Native(_) => None,
            Self::Application(class) => value::identity(class),
        }
    }
}

/// The names of our protocol classes.
static NAMES: [Name; 5] = [
    Name::new("Workerman\\Protocols\\Http"),
    Name::new("Workerman\\Protocols\\Websocket"),
    Name::new("Workerman\\Protocols\\Text"),
    Name::new("Workerman\\Protocols\\Frame"),
    Name::new("Workerman\\Protocols\\Ws"),
];
/// What they stand for, in the same order.
const PROTOCOLS: [Protocol; 5] = [
    Protocol::Http,
    Protocol::Websocket,
    Protocol::Text,
    Protocol::LengthPrefixed,
    Protocol::WebsocketClient,
];

/// Our protocol classes.
fn natives() -> impl Iterator<Item = (&'static Name, Protocol)> {
    NAMES.iter().zip(PROTOCOLS)
}

/// Registers the classes.
pub(crate) fn register() {
    for (name, _) in natives() {
        name.prepare();
    }
    Class::declared(include_str!("protocol_interface.stub.php")).register();
    text::register();
    length_prefixed::register();
    websocket::register();
    http::register();
    ws::register();
}

/// The protocol of a connection at this moment.
#[inline]
pub(crate) fn of_connection(connection: &Object) -> Choice {
    connection.look(connection_interface::slots().protocol, of_property)
}

/// Whether the property of a connection holds the very name of a protocol of ours, as it nearly always does where it speaks that.
#[inline]
pub(crate) fn is_literally(connection: &Object, protocol: Protocol) -> bool {
    let slot = connection_interface::slots().protocol;
    let mut natives = natives();
    natives.any(|(name, native)| native == protocol && connection.is_literally(slot, name))
}

/// The protocol that the value of a `$protocol` property stands for.
#[inline]
pub(crate) fn of_property(value: &Zval) -> Choice {
    // Nearly always it is a literal, or what the scheme of the address stands for.
    match natives().find(|(name, _)| name.is(value)) {
        Some((_, protocol)) => Choice::Native(protocol),
        None => of_other(value),
    }
}

/// The protocol that a value stands for which is no literal of a name of ours.
#[cold]
fn of_other(value: &Zval) -> Choice {
    let Some(identity) = value::identity(value) else {
        return Choice::Native(Protocol::Raw);
    };
    let native = known(value, identity);
    native.map_or_else(
        || Choice::Application(value.shallow_clone()),
        Choice::Native,
    )
}

/// The protocol of ours that a value with this identity stands for; `None` for a class of the application.
fn known(value: &Zval, identity: usize) -> Option<Protocol> {
    let place = identity / 16 % KNOWN_NAMES;
    let known = KNOWN.with_borrow(|known| {
        let known = known[place].as_ref()?;
        (value::identity(&known.name) == Some(identity)).then_some(known.native)
    });
    known.unwrap_or_else(|| {
        let native = native(value);
        let name = value.shallow_clone();
        let forgotten = KNOWN.with_borrow_mut(|known| known[place].replace(Known { name, native }));
        drop(forgotten);
        native
    })
}

/// Names of protocols that are known without being read again.
const KNOWN_NAMES: usize = 8;

/// What a name stands for. The string is kept, so its address cannot come to mean another.
struct Known {
    name: Zval,
    /// `None` for a class of the application.
    native: Option<Protocol>,
}

thread_local! {
    static KNOWN: RefCell<[Option<Known>; KNOWN_NAMES]> =
        const { RefCell::new([const { None }; KNOWN_NAMES]) };
}

/// Forgets the names: their strings belong to the request that ends.
pub(crate) fn forget() {
    let forgotten = KNOWN.with_borrow_mut(std::mem::take);
    drop(forgotten);
    application::forget();
}

/// The protocol of ours that a name stands for.
fn native(name: &Zval) -> Option<Protocol> {
    let name = name.zend_str().map_or(&b""[..], |name| name.as_bytes());
    let name = name.strip_prefix(b"\\").unwrap_or(name);
    if name.is_empty() {
        return Some(Protocol::Raw);
    }
    let native = natives().find(|(native, _)| native.text().as_bytes().eq_ignore_ascii_case(name));
    native.map(|(_, protocol)| protocol)
}

/// The protocol of ours that a class of the application extends; `None` also while there is no such class.
pub(crate) fn extended(class: &Zval) -> Option<Protocol> {
    let class = ClassEntry::try_find(&class.string()?)?;
    let extended = natives().find(|(native, _)| {
        ClassEntry::try_find(native.text()).is_some_and(|native| instance_of(class, native))
    });
    extended.map(|(_, protocol)| protocol)
}

/// The class that the scheme of an address names: `Protocols\\Name` of the application comes before `Workerman\\Protocols\\Name`.
///
/// # Errors
/// A `RuntimeException` when there is no such class.
pub(crate) fn of_scheme(scheme: &str) -> Result<String> {
    let is_name = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.chars().all(|c| c.is_ascii_alphanumeric());
    if !is_name {
        return exception::throw_runtime(&format!("Invalid protocol scheme '{scheme}'"));
    }
    let (first, rest) = scheme.split_at(1);
    let name = first.to_ascii_uppercase() + rest;
    for class in [
        format!("Protocols\\{name}"),
        format!("Workerman\\Protocols\\{name}"),
    ] {
        if ClassEntry::try_find(&class).is_some() {
            return Ok(class);
        }
        // An autoloader may have thrown.
        if exception::pending() {
            return Err(Unwind::Exception);
        }
    }
    exception::throw_runtime(&format!("class \\Protocols\\{name} not exist"))
}

/// Throws unless `protocol` can do with datagrams alone.
pub(crate) fn need_no_connection(protocol: Protocol) -> Result<()> {
    match protocol {
        Protocol::Raw | Protocol::Text | Protocol::LengthPrefixed => Ok(()),
        Protocol::Http | Protocol::Websocket | Protocol::WebsocketClient => {
            exception::throw_runtime(
                "http and websocket need connections, which transport udp has none of",
            )
        }
    }
}

/// The protocol of a connection that the script makes.
///
/// # Errors
/// A `RuntimeException` for protocols that only servers speak.
pub(crate) fn for_client(connection: &Object) -> Result<Protocol> {
    match of_connection(connection) {
        Choice::Native(Protocol::Http) => exception::throw_runtime(
            "the http protocol is for workers; an http client speaks it over tcp:// itself",
        ),
        Choice::Native(Protocol::Websocket) => exception::throw_runtime(
            "the websocket protocol is for workers; a websocket client connects to ws:// or wss://",
        ),
        choice => Ok(choice.on_the_network()),
    }
}

/// What a protocol does when a connection that the script makes is there; `onConnect` has been called.
pub(crate) fn on_connect(connection: &Object, network: &Arc<Connection>) -> Result<()> {
    match of_connection(connection) {
        Choice::Native(Protocol::WebsocketClient) => ws::request(connection, network),
        Choice::Native(_) => Ok(()),
        Choice::Application(class) => {
            application::on_connect(&class, connection).or_else(|unwind| settle(connection, unwind))
        }
    }
}

/// Which end of a websocket connection we are; `None` if it speaks another protocol.
pub(crate) fn role(connection: &Object) -> Option<Role> {
    match of_connection(connection) {
        Choice::Native(protocol) => protocol.role(),
        Choice::Application(_) => None,
    }
}

/// Which end of a websocket connection we are, and whether its handshake is done; `None` if it speaks another protocol. A class of the application
/// that extends `Websocket` or `Ws` speaks it, too.
pub(crate) fn websocket_end(connection: &Object) -> Option<(Role, bool)> {
    match of_connection(connection) {
        Choice::Native(protocol) => {
            let role = protocol.role()?;
            Some((role, tcp_connection::is_upgraded(connection)))
        }
        Choice::Application(class) => {
            let role = extended(&class)?.role()?;
            let is_open = match role {
                Role::Server => websocket::has_shaken_hands(connection),
                Role::Client => ws::has_shaken_hands(connection),
            };
            Some((role, is_open))
        }
    }
}

/// Which end we are of a websocket connection whose handshake is done.
pub(crate) fn open_websocket(connection: &Object) -> Option<Role> {
    let (role, is_open) = websocket_end(connection)?;
    is_open.then_some(role)
}
