//! Sockets before there is a runtime.

use std::{
    io,
    net::SocketAddr,
    os::fd::{AsFd, BorrowedFd, OwnedFd},
    time::Duration,
};

use socket2::{Domain, Protocol as IpProtocol, SockRef, Socket, TcpKeepalive, Type};

use crate::{address::Address, datagram, unix};

/// Seconds of silence after which TCP asks whether the peer still lives, as Workerman sets it.
const KEEPALIVE: Duration = Duration::from_secs(55);

/// How to bind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BindOptions {
    /// Length of the kernel's queue of connections that nobody accepted yet.
    pub backlog: i32,
    /// Lets other processes bind the same port; the kernel spreads connections over them (SO_REUSEPORT).
    pub reuse_port: bool,
    /// An IPv6 address takes no IPv4 clients, as it would otherwise (IPV6_V6ONLY).
    pub only_v6: bool,
    /// Small packets are sent at once (TCP_NODELAY).
    pub no_delay: bool,
}

impl BindOptions {
    /// A short queue, one owner of the port, IPv4 beside IPv6, and no delay.
    pub const DEFAULT: Self = Self {
        backlog: 1024,
        reuse_port: false,
        only_v6: false,
        no_delay: true,
    };
}

/// A bound socket without a runtime, listening if it is one that accepts connections.
#[derive(Debug)]
pub struct BoundSocket {
    socket: Socket,
    address: Address,
}

impl BoundSocket {
    /// Binds, and listens if connections are to come.
    ///
    /// # Errors
    /// The system's error, among them "Address already in use".
    pub fn bind(address: &Address, options: BindOptions) -> io::Result<Self> {
        let socket = bind(address, options)?;
        socket.set_nonblocking(true)?;
        Self::inherited(socket.into(), address, options)
    }

    /// Whether the address could be bound now. TCP clients do not notice, since nothing listens.
    ///
    /// # Errors
    /// Those of [`bind`](Self::bind).
    pub fn try_bind(address: &Address, options: BindOptions) -> io::Result<()> {
        bind(address, options).map(drop)
    }

    /// Takes over a socket that another process has bound like this.
    ///
    /// # Errors
    /// When it is no such socket.
    pub fn inherited(socket: OwnedFd, address: &Address, options: BindOptions) -> io::Result<Self> {
        let socket = Socket::from(socket);
        if !matches!(address, Address::Udp(_)) {
            socket.listen(options.backlog)?;
        }
        if matches!(address, Address::Tcp(_)) {
            socket.set_tcp_nodelay(options.no_delay)?;
        }
        Ok(Self {
            socket,
            address: address.clone(),
        })
    }

    /// What it was bound to; a port 0 as it was asked for.
    #[must_use]
    pub const fn address(&self) -> &Address {
        &self.address
    }

    /// A second descriptor of the socket, or `None` when the process has no descriptor left.
    #[must_use]
    pub fn duplicate_socket(&self) -> Option<OwnedFd> {
        self.socket.try_clone().ok().map(Into::into)
    }

    /// Lets a UDP socket send to broadcast addresses (SO_BROADCAST).
    ///
    /// # Errors
    /// The system's.
    pub fn allow_broadcast(&self) -> io::Result<()> {
        self.socket.set_broadcast(true)
    }

    pub(crate) fn into_socket(self) -> Socket {
        self.socket
    }

    /// The address, with the port that the system chose where port 0 was asked for.
    #[must_use]
    pub fn local(&self) -> Option<SocketAddr> {
        self.socket.local_addr().ok()?.as_socket()
    }
}

impl From<BoundSocket> for OwnedFd {
    fn from(bound: BoundSocket) -> Self {
        bound.socket.into()
    }
}

impl AsFd for BoundSocket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

fn bind(address: &Address, options: BindOptions) -> io::Result<Socket> {
    match address {
        Address::Tcp(address) => bind_tcp(*address, options),
        Address::Udp(address) => datagram::open::bind(*address, options),
        Address::Unix(path) => unix::bind(path),
    }
}

/// Keep-alive is inherited by accepted sockets, as is no-delay, so that they cost no system call each.
fn bind_tcp(address: SocketAddr, options: BindOptions) -> io::Result<Socket> {
    let socket = Socket::new(
        Domain::for_address(address),
        Type::STREAM,
        Some(IpProtocol::TCP),
    )?;
    socket.set_reuse_address(true)?;
    if options.reuse_port {
        socket.set_reuse_port(true)?;
    }
    if address.is_ipv6() {
        socket.set_only_v6(options.only_v6)?;
    }
    keep_alive(&SockRef::from(&socket))?;
    socket.bind(&address.into())?;
    Ok(socket)
}

/// Lets TCP find out when the peer is gone without a word.
pub(crate) fn keep_alive(socket: &SockRef<'_>) -> io::Result<()> {
    socket.set_keepalive(true)?;
    socket.set_tcp_keepalive(
        &TcpKeepalive::new()
            .with_time(KEEPALIVE)
            .with_interval(KEEPALIVE)
            .with_retries(1),
    )
}
