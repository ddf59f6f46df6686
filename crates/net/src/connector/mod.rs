//! Connections that we make: from a name to an open socket, without blocking anybody.
//!
//! [`connect`] returns a connection at once. What is sent to it waits until it is connected, as it would for a socket that is full. Meanwhile a
//! future of the runtime takes the steps, each in a file of its own: [`resolver`] finds the addresses of a name, [`race`] tries them, [`dial`]
//! makes one attempt, [`tunnel`] talks to a proxy; [`tls::connect`] shakes hands. The owner is told of the end by [`Event::Connected`] or [`Event::ConnectFailed`].

mod dial;
mod error;
mod race;
pub(crate) mod resolver;
mod tunnel;

use std::{
    io,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use ouvrier_protocol::proxy::{self, Dialogue};
use tokio::{
    net::{TcpStream, UnixStream},
    select,
    time::timeout,
};

pub use self::error::ConnectError;
use crate::{
    Runtime,
    address::Peer,
    connection::{Connection, Settings, task},
    event::{Event, Protocol},
    policy::Policy,
    stream::{ReadHalf, WriteHalf, split_tcp, split_unix, unix_peer},
    tls,
};

/// How long everything up to an open connection may take, and then the websocket handshake. The system gives up after two minutes or more.
pub const PATIENCE: Duration = Duration::from_secs(75);

/// A host, by name or by address, and a port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Host {
    /// A name or an address, an IPv6 one without brackets.
    pub name: String,
    /// The port.
    pub port: u16,
}

/// Where to connect to, and how.
#[derive(Debug)]
pub enum Route {
    /// A host, directly.
    Direct(Host, SocketOptions),
    /// A host, through a proxy, which also resolves the name.
    Proxied(Host, Proxy, SocketOptions),
    /// A unix socket.
    Unix(PathBuf),
}

/// A proxy.
#[derive(Debug)]
pub struct Proxy {
    /// Where it listens.
    pub host: Host,
    /// What it speaks.
    pub kind: ProxyKind,
}

/// What a proxy speaks, and what it is told about us.
#[derive(Debug)]
pub enum ProxyKind {
    /// SOCKS5, with user and password.
    Socks5(Option<(Vec<u8>, Vec<u8>)>),
    /// HTTP, with the value of `Proxy-Authorization`, or nothing.
    Http(Vec<u8>),
}

/// Options of a TCP socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SocketOptions {
    /// Our own address; only addresses of the same family are tried then.
    pub bind: Option<SocketAddr>,
    /// Small packets are sent at once.
    pub no_delay: bool,
}

/// What a connection is made of.
struct Established {
    reader: ReadHalf,
    writer: WriteHalf,
    tls: Option<Box<tls::Session>>,
    remote: Peer,
}

/// Begins to connect, with TLS if `tls` is given, which unix sockets do not speak. The connection is paused at first, so that the owner can prepare it once it is connected.
pub fn connect(
    runtime: &Runtime,
    route: Route,
    tls: Option<tls::Client>,
    protocol: Protocol,
    settings: Settings,
    policy: Policy,
) -> Arc<Connection> {
    let shared = Arc::clone(runtime.shared());
    let connection = Connection::unconnected(shared, protocol, settings, policy);
    runtime.spawn(run(Arc::clone(&connection), route, tls, protocol));
    connection
}

/// Connects, unless the owner changes its mind.
async fn run(
    connection: Arc<Connection>,
    route: Route,
    tls: Option<tls::Client>,
    protocol: Protocol,
) {
    let attempt = timeout(PATIENCE, establish(&route, tls.as_ref()));
    let outcome = select! {
        () = connection.given_up() => return,
        outcome = attempt => outcome.unwrap_or(Err(ConnectError::TimedOut)),
    };
    match outcome {
        Ok(established) => {
            let Established {
                reader,
                writer,
                tls,
                remote,
            } = established;
            connection.connected(writer, tls, remote);
            let handshake = (protocol == Protocol::WebsocketClient).then_some(PATIENCE);
            task::start(&connection, reader, protocol, handshake);
        }
        Err(error) => connection.tell(Event::ConnectFailed(Box::new(error))),
    }
}

async fn establish(route: &Route, tls: Option<&tls::Client>) -> Result<Established, ConnectError> {
    let (host, mut stream) = match route {
        Route::Direct(host, options) => (host, reach(host, *options).await?),
        Route::Proxied(host, proxy, options) => (host, through(proxy, host, *options).await?),
        Route::Unix(path) => return unix(path).await,
    };
    let tls = match tls {
        Some(client) => Some(tls::connect(&mut stream, client, &host.name).await?),
        None => None,
    };
    let remote = Peer::Ip(stream.peer_addr()?);
    let (reader, writer) = split_tcp(stream);
    Ok(Established {
        reader,
        writer,
        tls,
        remote,
    })
}

async fn unix(path: &Path) -> Result<Established, ConnectError> {
    let stream = UnixStream::connect(path).await?;
    let remote = unix_peer(&stream.peer_addr()?);
    let (reader, writer) = split_unix(stream);
    Ok(Established {
        reader,
        writer,
        tls: None,
        remote,
    })
}

/// A TCP connection to the first address of `host` that answers.
async fn reach(host: &Host, options: SocketOptions) -> Result<TcpStream, ConnectError> {
    let found = resolver::resolve(&host.name, host.port).await;
    let mut addresses = found.map_err(|error| ConnectError::Resolve(host.name.clone(), error))?;
    if let Some(own) = options.bind {
        addresses.retain(|address| address.is_ipv4() == own.is_ipv4());
    }
    let stream = race::first(addresses, move |address| dial::tcp(address, options)).await?;
    Ok(stream)
}

/// A TCP connection to a proxy that leads to `host`.
async fn through(
    proxy: &Proxy,
    host: &Host,
    options: SocketOptions,
) -> Result<TcpStream, ConnectError> {
    let target = proxy::Target {
        host: &host.name,
        port: host.port,
    };
    let (dialogue, words) = match &proxy.kind {
        ProxyKind::Socks5(credentials) => {
            let credentials = credentials.as_ref();
            Dialogue::socks5(
                target,
                credentials.map(|(user, password)| (&user[..], &password[..])),
            )
        }
        ProxyKind::Http(authorization) => Dialogue::http(target, authorization),
    }?;
    let mut stream = reach(&proxy.host, options)
        .await
        .map_err(|error| ConnectError::Proxy(Box::new(error)))?;
    tunnel::open(&mut stream, dialogue, words).await?;
    Ok(stream)
}

/// No address was left to try.
fn no_address() -> io::Error {
    io::Error::new(io::ErrorKind::AddrNotAvailable, "no address to connect to")
}
