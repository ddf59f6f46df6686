//! `Workerman\Connection\UdpConnection`.

use std::{
    cell::{Cell, RefCell},
    net::{IpAddr, SocketAddr},
    os::fd::BorrowedFd,
    rc::{Rc, Weak},
};

use ext_php_rs::{types::Zval, zend::ClassEntry};
use ouvrier_net::{Datagrams, Protocol, datagram};
use ouvrier_protocol::{length_prefixed, text};

use super::{address, connection_interface, send::to_bytes};
use crate::{
    protocols::{self, Choice, application},
    worker::{
        listen,
        reactor::{self, Reactor},
    },
    zend::{
        Call, Class, Object, Registration, Result,
        object::{Handlers, State},
        slots, stream, value,
    },
};

slots! {
    /// Properties of a UDP connection.
    Slots {
        transport: "transport",
        connected: "connected",
        socket: "socket",
        remote_address: "remoteAddress",
    }
}

static CLASS: Registration<Slots> = Registration::new();

/// What the object of a datagram or of a client holds of the network. An object that a script has made from a stream holds nothing.
#[derive(Default)]
pub(super) struct UdpState {
    pub(super) socket: RefCell<Option<Rc<Datagrams>>>,
    /// Whom to send to, where the socket has more than one peer.
    peer: Cell<Option<SocketAddr>>,
    /// What a client runs on.
    pub(super) reactor: RefCell<Weak<Reactor>>,
}

static HANDLERS: Handlers = Handlers::new();

impl State for UdpState {
    fn handlers() -> &'static Handlers {
        &HANDLERS
    }

    /// A clone sends from the same socket.
    fn duplicate(&self) -> Self {
        Self {
            socket: self.socket.clone(),
            peer: self.peer.clone(),
            reactor: self.reactor.clone(),
        }
    }
}

pub(super) fn register() {
    let class = Class::declared(include_str!("udp_connection.stub.php"))
        .carrying::<UdpState>()
        .method("__construct", construct)
        .method("send", |call: &mut Call| {
            send(&call.this()?, &call.value(0), call.bool_or(1, false))
        })
        .method("getRemoteIp", |call: &mut Call| {
            call.this().map(|this| value::bytes(remote(&this).0))
        })
        .method("getRemotePort", |call: &mut Call| {
            call.this().map(|this| i64::from(remote(&this).1))
        })
        .method("getRemoteAddress", |call: &mut Call| {
            call.this()
                .map(|this| value::bytes(this.bytes(slots().remote_address)))
        })
        .method("getLocalIp", |call: &mut Call| local(call, address::ip))
        .method("getLocalPort", |call: &mut Call| local(call, address::port))
        .method("getLocalAddress", |call: &mut Call| {
            local(call, ToOwned::to_owned)
        })
        .method("close", close)
        .method("isIpV4", |call: &mut Call| {
            call.this().map(|this| has_ip(&this) && !is_v6(&this))
        })
        .method("isIpV6", |call: &mut Call| {
            call.this().map(|this| has_ip(&this) && is_v6(&this))
        })
        .method("getSocket", get_socket)
        .method("jsonSerialize", |call: &mut Call| {
            let this = call.this()?;
            address::describe(&this, &this.get(slots().transport), Zval::new_array())
        });
    CLASS.register(class, Slots::of);
}

pub(super) fn class() -> &'static ClassEntry {
    CLASS.class()
}

pub(super) fn slots() -> &'static Slots {
    CLASS.slots()
}

/// The object of a datagram that a worker received.
pub(super) fn of_datagram(
    socket: &Rc<Datagrams>,
    from: SocketAddr,
    protocol: Zval,
) -> Result<Object> {
    let this = Object::new(class())?;
    if let Some(state) = this.state::<UdpState>() {
        state.socket.replace(Some(Rc::clone(socket)));
        state.peer.set(Some(from));
    }
    this.set(slots().remote_address, value::bytes(from.to_string()));
    this.set(connection_interface::slots().protocol, protocol);
    Ok(this)
}

/// The network's side of an object; `None` for one that a script has made from a stream, and once it is closed.
pub(super) fn network(this: &Object) -> Option<Rc<Datagrams>> {
    this.state::<UdpState>()?.socket.borrow().clone()
}

fn construct(call: &mut Call) -> Result<()> {
    let (this, socket) = (call.this()?, call.value(0));
    let peer = stream::with_descriptor(&socket, |socket| datagram::remote(&socket)).flatten();
    this.set(slots().connected, value::boolean(peer.is_some()));
    this.set(slots().socket, socket);
    this.set(slots().remote_address, value::bytes(call.bytes(1)));
    Ok(())
}

/// `$connection->send($data, $raw)`.
pub(super) fn send(this: &Object, data: &Zval, raw: bool) -> Result<Zval> {
    let protocol = match protocols::of_connection(this) {
        _ if raw => Protocol::Raw,
        Choice::Native(protocol) => protocol,
        Choice::Application(class) => {
            let encoded = application::encode(&class, data.shallow_clone(), this)?;
            if encoded.zend_str().is_some_and(|text| text.is_empty()) {
                return Ok(Zval::null());
            }
            return send(this, &encoded, true);
        }
    };
    protocols::need_no_connection(protocol)?;
    let bytes = to_bytes(data, "send")?;
    let content = bytes.zend_str().map(|text| text.as_bytes());
    let content = content.unwrap_or_default();
    let mut encoded = Vec::new();
    match protocol {
        Protocol::Text => text::encode(content, &mut encoded),
        Protocol::LengthPrefixed => drop(length_prefixed::encode(content, &mut encoded)),
        _ => return Ok(value::boolean(transmit(this, content))),
    }
    Ok(value::boolean(transmit(this, &encoded)))
}

/// Hands one datagram to the system.
fn transmit(this: &Object, data: &[u8]) -> bool {
    if let Some(socket) = network(this) {
        let peer = this.state::<UdpState>().and_then(|state| state.peer.get());
        return socket.send(data, peer).is_ok();
    }
    let (ip, port) = remote(this);
    let ip: Option<IpAddr> = std::str::from_utf8(&ip).ok().and_then(|ip| ip.parse().ok());
    let connected = this.bool(slots().connected);
    let peer = ip
        .map(|ip| SocketAddr::new(ip, port))
        .filter(|_| !connected);
    if peer.is_none() && !connected {
        return false;
    }
    with_stream(this, |socket| datagram::send(&socket, data, peer).is_ok()).unwrap_or_default()
}

fn with_stream<T>(this: &Object, look: impl FnOnce(BorrowedFd<'_>) -> T) -> Option<T> {
    this.look(slots().socket, |socket| {
        stream::with_descriptor(socket, look)
    })
}

/// Address and port of the peer, as the script or the network has named it. IPv6 loses its brackets, as in Workerman.
fn remote(this: &Object) -> (Vec<u8>, u16) {
    let name = this.bytes(slots().remote_address);
    let Some(colon) = name.iter().rposition(|&byte| byte == b':') else {
        return (Vec::new(), 0);
    };
    let (ip, port) = (&name[..colon], String::from_utf8_lossy(&name[colon + 1..]));
    let ip = ip.strip_prefix(b"[").unwrap_or(ip);
    let ip = ip.strip_suffix(b"]").unwrap_or(ip);
    (ip.to_vec(), port.parse().unwrap_or_default())
}

fn has_ip(this: &Object) -> bool {
    this.bytes(slots().transport) != b"unix"
}

fn is_v6(this: &Object) -> bool {
    remote(this).0.contains(&b':')
}

fn local<T: Default>(call: &Call, read: impl Fn(&str) -> T) -> Result<T> {
    let this = call.this()?;
    let address = match network(&this) {
        Some(socket) => socket.local(),
        None => with_stream(&this, |socket| datagram::local(&socket)).flatten(),
    };
    Ok(address
        .map(|address| read(&address.to_string()))
        .unwrap_or_default())
}

fn close(call: &mut Call) -> Result<()> {
    let (this, data) = (call.this()?, call.value(0));
    send_last(&this, data, call.bool_or(1, false))?;
    let socket = this
        .state::<UdpState>()
        .and_then(|state| state.socket.take());
    drop(socket);
    let inherited = connection_interface::slots();
    for slot in [
        slots().socket,
        inherited.event_loop,
        inherited.error_handler,
    ] {
        this.set(slot, Zval::null());
    }
    Ok(())
}

/// Sends what `close()` was given, through the object, so that a subclass which overrides `send` gets to see it.
pub(super) fn send_last(this: &Object, data: Zval, raw: bool) -> Result<()> {
    if data.is_null() {
        return Ok(());
    }
    this.call("send", &mut [data, value::boolean(raw)])
        .map(drop)
}

/// The stream of a worker's socket is the worker's; a client's is made when it is asked for, and kept.
fn get_socket(call: &mut Call) -> Result<Zval> {
    let this = call.this()?;
    let known = this.get(slots().socket);
    let Some(socket) = network(&this).filter(|_| known.is_null()) else {
        return Ok(known);
    };
    let served = reactor::current().and_then(|reactor| reactor.served_datagrams(socket.tag()));
    if let Some((worker, _)) = served {
        return Ok(listen::main_socket(&worker));
    }
    let Some(descriptor) = socket.duplicate_socket() else {
        return Ok(Zval::null());
    };
    let stream = stream::from_socket(descriptor);
    this.set(slots().socket, stream.shallow_clone());
    Ok(stream)
}
