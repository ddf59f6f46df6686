//! Listening sockets: bound without a runtime, so that a master can bind them before it forks, and served by one.

mod bind;
mod complaints;

use std::{
    future::poll_fn,
    io,
    os::fd::OwnedFd,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed},
    },
    task::{Context, Poll, Waker, ready},
    time::{Duration, Instant},
};

use parking_lot::Mutex;
use socket2::SockRef;
use tokio::{
    net::{TcpListener, UnixListener},
    time::sleep,
};

pub(crate) use self::bind::keep_alive;
pub use self::bind::{BindOptions, BoundSocket};
use self::complaints::Complaints;
use crate::{
    address::{Address, Peer},
    connection::{Beginning, Connection, Settings, task},
    event::Protocol,
    introduction::introduced,
    policy::{Origin, Policy},
    runtime::{Ready, Runtime},
    shared::Shared,
    stream::{ReadHalf, WriteHalf, split_tcp, split_unix, unix_peer},
    tls,
};

/// Accepted connections that the owner has not seen yet, beyond which no more are accepted: the kernel's backlog holds the rest.
const UNSEEN_LIMIT: usize = if cfg!(test) { 8 } else { 4096 };
/// How long a listener waits after it could not accept, usually for want of file descriptors.
const ACCEPT_RETRY: Duration = Duration::from_millis(100);

/// A listener that accepts in a runtime. Dropping it frees the port at once; accepted connections live on.
pub struct Listener {
    state: Arc<State>,
}

/// What the listener and its accepting task share.
struct State {
    tag: u64,
    terms: Mutex<Terms>,
    door: Mutex<Door>,
    paused: AtomicBool,
    unseen: AtomicUsize,
}

/// What holds for the connections that are accepted from now on.
#[derive(Clone)]
struct Terms {
    origin: Arc<Origin>,
    beginning: Beginning,
    tls: Option<tls::Server>,
}

/// Where connections come in.
struct Door {
    /// `None` once the listener is gone.
    socket: Option<Accepting>,
    /// Whoever accepts.
    waker: Option<Waker>,
}

enum Accepting {
    Tcp(TcpListener),
    Unix(UnixListener),
}

impl Listener {
    /// Serves a bound socket. `tag` is how the owner knows the listener; connections start with `protocol` and `settings`.
    ///
    /// # Errors
    /// When the runtime cannot watch the socket.
    pub fn new(
        runtime: &Runtime,
        bound: BoundSocket,
        tag: u64,
        protocol: Protocol,
        settings: Settings,
    ) -> io::Result<Self> {
        let socket = runtime.enter(|| Accepting::new(bound))?;
        let state = Arc::new(State {
            tag,
            terms: Mutex::new(Terms {
                origin: Origin::new(tag, Policy::default()),
                beginning: Beginning {
                    protocol,
                    settings,
                    paused: false,
                },
                tls: None,
            }),
            door: Mutex::new(Door {
                socket: Some(socket),
                waker: None,
            }),
            paused: AtomicBool::new(true),
            unseen: AtomicUsize::new(0),
        });
        runtime.spawn(accept(Arc::clone(&state), Arc::clone(runtime.shared())));
        Ok(Self { state })
    }

    /// A second descriptor of the socket, or `None` when the process has no descriptor left.
    #[must_use]
    pub fn duplicate_socket(&self) -> Option<OwnedFd> {
        let door = self.state.door.lock();
        let duplicate = match door.socket.as_ref()? {
            Accepting::Tcp(listener) => SockRef::from(listener).try_clone(),
            Accepting::Unix(listener) => SockRef::from(listener).try_clone(),
        };
        duplicate.ok().map(Into::into)
    }

    /// Stops accepting; connections wait in the kernel's backlog. A new listener starts like this.
    pub fn pause(&self) {
        self.state.paused.store(true, Relaxed);
    }

    /// Accepts (again).
    pub fn resume(&self) {
        self.state.paused.store(false, Relaxed);
        self.state.wake();
    }

    /// How connections that are accepted from now on start.
    pub fn configure(&self, settings: Settings) {
        self.state.terms.lock().beginning.settings = settings;
    }

    /// What is asked of those who connect from now on.
    pub fn set_policy(&self, runtime: &Runtime, policy: Policy) {
        let origin = Origin::new(self.state.tag, policy);
        if let Some(watch) = origin.watch() {
            runtime.spawn(watch);
        }
        let old = std::mem::replace(&mut self.state.terms.lock().origin, origin);
        drop(old);
    }

    /// Connections that are accepted from now on speak TLS, and prove themselves with what `server` has.
    pub fn secure(&self, server: tls::Server) {
        let old = self.state.terms.lock().tls.replace(server);
        drop(old);
    }

    /// Whether connections that are accepted from now on start paused.
    ///
    /// An owner that chooses the protocol or the settings of each connection, once it was told of [`Event::Opened`](crate::event::Event::Opened), needs this: what a
    /// connection receives is cut into messages as it comes, and might otherwise be cut before the choice. It then calls
    /// [`Connection::resume`].
    pub fn accept_paused(&self, paused: bool) {
        self.state.terms.lock().beginning.paused = paused;
    }

    /// The owner has seen a connection of this listener, so that there is room for another. To be called once for every [`Event::Opened`](crate::event::Event::Opened).
    pub fn seen(&self) {
        if self.state.unseen.fetch_sub(1, Relaxed) >= UNSEEN_LIMIT {
            self.state.wake();
        }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let socket = self.state.door.lock().socket.take();
        drop(socket);
        self.state.wake();
    }
}

impl State {
    fn wake(&self) {
        let waker = self.door.lock().waker.take();
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// The next connection, or `None` when the listener is gone.
    fn poll_accept(
        &self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<io::Result<(ReadHalf, WriteHalf, Peer)>>> {
        let mut door = self.door.lock();
        match &mut door.waker {
            Some(waker) => waker.clone_from(cx.waker()),
            none => *none = Some(cx.waker().clone()),
        }
        let Some(socket) = &door.socket else {
            return Poll::Ready(None);
        };
        if self.paused.load(Relaxed) || self.unseen.load(Relaxed) >= UNSEEN_LIMIT {
            return Poll::Pending;
        }
        socket.poll_accept(cx).map(Some)
    }
}

impl Accepting {
    fn new(bound: BoundSocket) -> io::Result<Self> {
        match bound.address() {
            Address::Tcp(_) => TcpListener::from_std(bound.into_socket().into()).map(Self::Tcp),
            Address::Unix(_) => UnixListener::from_std(bound.into_socket().into()).map(Self::Unix),
            Address::Udp(_) => Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                "a UDP socket accepts no connections",
            )),
        }
    }

    fn poll_accept(&self, cx: &mut Context<'_>) -> Poll<io::Result<(ReadHalf, WriteHalf, Peer)>> {
        Poll::Ready(match self {
            Self::Tcp(listener) => ready!(listener.poll_accept(cx)).map(|(stream, address)| {
                let (reader, writer) = split_tcp(stream);
                (reader, writer, Peer::Ip(address))
            }),
            Self::Unix(listener) => ready!(listener.poll_accept(cx)).map(|(stream, address)| {
                let (reader, writer) = split_unix(stream);
                (reader, writer, unix_peer(&address))
            }),
        })
    }
}

/// Accepts until the listener is dropped.
async fn accept(state: Arc<State>, shared: Arc<Shared>) {
    let mut complaints = Complaints::default();
    while let Some(accepted) = poll_fn(|cx| state.poll_accept(cx)).await {
        let opened = accepted
            .and_then(|(reader, writer, remote)| begin(&state, &shared, reader, writer, remote));
        match opened {
            Ok(()) => complaints.end(),
            Err(error) if is_about_one_connection(&error) => {}
            Err(error) => {
                if complaints.begin(Instant::now()) {
                    shared.announce(Ready::AcceptFailed(state.tag, error));
                }
                sleep(ACCEPT_RETRY).await;
            }
        }
    }
}

/// A peer that hung up while it waited, or cannot be reached any more, is no fault of the listener: Linux tells of it in place of the connection, see accept(2).
fn is_about_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{
        ConnectionAborted, ConnectionRefused, ConnectionReset, HostUnreachable, Interrupted,
        NetworkDown, NetworkUnreachable,
    };
    matches!(
        error.kind(),
        ConnectionAborted
            | ConnectionRefused
            | ConnectionReset
            | HostUnreachable
            | Interrupted
            | NetworkDown
            | NetworkUnreachable
    )
}

/// Opens a connection, once its proxy has said whose it is where it has to.
fn begin(
    state: &Arc<State>,
    shared: &Arc<Shared>,
    reader: ReadHalf,
    writer: WriteHalf,
    remote: Peer,
) -> io::Result<()> {
    let terms = state.terms.lock().clone();
    let proxy = &terms.origin.policy.proxy;
    if !proxy.protocol || !proxy.trusts(&remote) {
        return open(state, terms, shared, reader, writer, remote);
    }
    let (state, shared) = (Arc::clone(state), Arc::clone(shared));
    tokio::spawn(async move {
        // Whoever does not say it as agreed is not served; nor is one for whom there is no descriptor left.
        if let Ok(client) = introduced(&reader, remote).await {
            let terms = state.terms.lock().clone();
            let _ = open(&state, terms, &shared, reader, writer, client);
        }
    });
    Ok(())
}

fn open(
    state: &State,
    terms: Terms,
    shared: &Arc<Shared>,
    reader: ReadHalf,
    writer: WriteHalf,
    remote: Peer,
) -> io::Result<()> {
    let Terms {
        origin,
        beginning,
        tls,
    } = terms;
    let session = tls.as_ref().map(tls::Server::session).transpose();
    let session = session.map_err(io::Error::other)?;
    if !shared.census().ledger().admit(&remote, &origin.policy) {
        return Ok(());
    }
    state.unseen.fetch_add(1, Relaxed);
    let shared = Arc::clone(shared);
    let connection = Connection::new(shared, writer, session, remote, origin, &beginning);
    connection.announce_opened();
    let handshake_timeout = tls.as_ref().map(tls::Server::handshake_timeout);
    task::start(&connection, reader, beginning.protocol, handshake_timeout);
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::net::TcpStream;

    use super::*;

    const OPTIONS: BindOptions = BindOptions::DEFAULT;
    const SETTINGS: Settings = Settings {
        max_package_size: 1024,
        ask_upgrade: false,
        tell_ping: false,
        tell_close: false,
    };

    /// Drives the network until no connection has come for many turns, and counts those that came.
    fn opened(runtime: &Runtime, least: usize) -> usize {
        let (mut count, mut idle) = (0, 0);
        let end = Instant::now() + Duration::from_secs(20);
        while idle < 100 {
            assert!(Instant::now() < end, "only {count} connections came");
            runtime.turn(Some(Instant::now()));
            idle = if count < least { 0 } else { idle + 1 };
            while runtime.next().is_some() {
                (count, idle) = (count + 1, 0);
            }
        }
        count
    }

    #[test]
    fn a_socket_is_inherited_with_those_who_wait() {
        let address = Address::tcp("127.0.0.1:0").unwrap();
        let bound = BoundSocket::bind(&address, OPTIONS).unwrap();
        let port = bound.local().unwrap();
        let inherited = bound.duplicate_socket().unwrap();
        let client = TcpStream::connect(port).unwrap();
        drop(bound);
        let bound = BoundSocket::inherited(inherited, &address, OPTIONS).unwrap();
        let runtime = Runtime::new(Duration::from_secs(1)).unwrap();
        let listener = Listener::new(&runtime, bound, 1, Protocol::Raw, SETTINGS).unwrap();
        listener.resume();
        assert_eq!(opened(&runtime, 1), 1);
        drop(client);
    }

    #[test]
    fn no_more_are_accepted_than_the_owner_may_be_behind() {
        let bound = BoundSocket::bind(&Address::tcp("127.0.0.1:0").unwrap(), OPTIONS).unwrap();
        let address = bound.local().unwrap();
        let runtime = Runtime::new(Duration::from_secs(1)).unwrap();
        let listener = Listener::new(&runtime, bound, 1, Protocol::Raw, SETTINGS).unwrap();
        listener.resume();
        let clients: Vec<_> = (0..3 * UNSEEN_LIMIT)
            .map(|_| TcpStream::connect(address).unwrap())
            .collect();
        assert_eq!(opened(&runtime, UNSEEN_LIMIT), UNSEEN_LIMIT);
        listener.seen();
        assert_eq!(opened(&runtime, 1), 1);
        for _ in 0..UNSEEN_LIMIT {
            listener.seen();
        }
        assert_eq!(opened(&runtime, UNSEEN_LIMIT), UNSEEN_LIMIT);
        drop(clients);
    }
}
