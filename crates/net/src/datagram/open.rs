//! UDP sockets before they have a runtime.

use std::{io, net::SocketAddr};

use socket2::{Domain, Protocol, Socket, Type};

use crate::listener::BindOptions;

/// How a socket of our own is opened.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ClientOptions {
    /// The local address; the system chooses where there is none.
    pub bind: Option<SocketAddr>,
    /// Whether the peer may be a broadcast address (SO_BROADCAST).
    pub broadcast: bool,
}

/// A socket bound to `address`.
///
/// Without SO_REUSEADDR, which TCP needs after a restart: for UDP it would let another program of the same user take the port over.
pub(crate) fn bind(address: SocketAddr, options: BindOptions) -> io::Result<Socket> {
    let socket = new(address)?;
    if options.reuse_port {
        socket.set_reuse_port(true)?;
    }
    if address.is_ipv6() {
        socket.set_only_v6(options.only_v6)?;
    }
    socket.bind(&address.into())?;
    Ok(socket)
}

/// A socket that talks to `peer` alone.
pub(super) fn connect(peer: SocketAddr, options: ClientOptions) -> io::Result<Socket> {
    let socket = new(peer)?;
    socket.set_broadcast(options.broadcast)?;
    if let Some(local) = options.bind {
        socket.bind(&local.into())?;
    }
    socket.connect(&peer.into())?;
    Ok(socket)
}

/// As [`connect`], to the first of `peers` that there is a way to.
pub(super) fn connect_first(peers: Vec<SocketAddr>, options: ClientOptions) -> io::Result<Socket> {
    let nobody = io::Error::new(
        io::ErrorKind::AddrNotAvailable,
        "the host name has no address",
    );
    let mut outcome = Err(nobody);
    for peer in peers {
        outcome = connect(peer, options);
        if outcome.is_ok() {
            break;
        }
    }
    outcome
}

fn new(address: SocketAddr) -> io::Result<Socket> {
    let socket = Socket::new(
        Domain::for_address(address),
        Type::DGRAM,
        Some(Protocol::UDP),
    )?;
    socket.set_nonblocking(true)?;
    Ok(socket)
}
