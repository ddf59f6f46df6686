//! UDP: sockets that are served, and sockets of our own that talk to one peer.
//!
//! A task reads what arrives into a queue that the owner empties with [`Datagrams::take`]; sending is a system call on the owner's thread,
//! since a datagram either leaves at once or not at all. The queue is bounded. While it is full the socket is not read: the kernel keeps
//! what its own buffer holds, lets other processes that share the socket have it, and drops the newest beyond that. [`drops`] counts those.
//!
//! - [`open`](mod@open): sockets before they have a runtime. [`queue`]: what waits for the owner. [`task`]: who reads, and who looks names up.

pub(crate) mod drops;
pub(crate) mod open;
mod queue;
mod task;

use std::{
    io,
    net::SocketAddr,
    os::fd::{AsFd, OwnedFd},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    task::Waker,
};

use ouvrier_protocol::Step;
use parking_lot::Mutex;
use socket2::{SockRef, Socket};
use tokio::net::UdpSocket;

pub use self::open::ClientOptions;
use self::queue::Queue;
use crate::{
    codec::{Codec, Found},
    connection::Settings,
    connector::Host,
    event::{Event, Payload, Protocol},
    listener::BoundSocket,
    policy::Origin,
    runtime::{Ready, Runtime},
    shared::Shared,
    stream::SEND_FLAGS,
};

/// Bytes of the largest datagram there can be, headers of UDP and IP included.
pub const MAX_DATAGRAM: usize = 65_535;
/// Bytes that may wait for a name to be found, and datagrams: empty ones cost memory, too.
const EARLY_LIMIT: usize = 256 * 1024;
const EARLY_DATAGRAMS: usize = 1024;

/// A datagram that arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Datagram {
    /// Who sent it.
    pub from: SocketAddr,
    /// What is in it; may be empty.
    pub data: Vec<u8>,
}

/// What the owner finds when a socket is ready.
#[derive(Debug, Default)]
pub struct Taken {
    /// What was received, in order: some of it, if there is much. The socket is ready again then.
    pub datagrams: Vec<Datagram>,
    /// The name that [`Datagrams::connect`] was given has been looked up: whether the socket is open now.
    pub opened: Option<io::Result<()>>,
}

/// Who reads a socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Readers {
    /// This process alone: it reads as much as it may keep, also while its owner is busy.
    Us,
    /// Other processes as well: it reads a little at a time, and nothing while its owner is busy, since others may have time.
    Several,
}

/// A UDP socket, as its owner sees it. Dropping it closes the socket.
pub struct Datagrams {
    state: Arc<State>,
}

/// What the owner and the task share. Its locks are taken in the order of the fields.
struct State {
    tag: u64,
    shared: Arc<Shared>,
    readers: Readers,
    stage: Mutex<Stage>,
    queue: Mutex<Queue>,
    paused: AtomicBool,
    waker: Mutex<Option<Waker>>,
}

enum Stage {
    /// The peer's name is being looked up. What is sent meanwhile waits.
    Resolving {
        early: Vec<Vec<u8>>,
        /// The owner is done with the socket: what waits is sent, and that is it.
        last: bool,
    },
    Open {
        socket: UdpSocket,
        inode: u64,
    },
    Closed,
}

impl Datagrams {
    /// Serves a bound socket, once it is told to [`resume`](Self::resume). `tag` is how the owner knows it.
    ///
    /// # Errors
    /// When the runtime cannot watch the socket.
    pub fn serve(
        runtime: &Runtime,
        bound: BoundSocket,
        readers: Readers,
        tag: u64,
    ) -> io::Result<Self> {
        let served = Self::new(runtime, tag, readers, Stage::Closed);
        served.state.paused.store(true, Relaxed);
        runtime.enter(|| served.state.open(bound.into_socket()))?;
        runtime.spawn(task::receive(Arc::clone(&served.state)));
        Ok(served)
    }

    /// A socket that talks to `peer` alone. A name is looked up without blocking: [`Taken::opened`] tells the outcome, and
    /// what is sent before waits for it, up to 256 KiB in 1024 datagrams. With an IP address the socket is open at once.
    ///
    /// # Errors
    /// When the system refuses the socket, or the local address of `options`.
    pub fn connect(
        runtime: &Runtime,
        peer: Host,
        options: ClientOptions,
        tag: u64,
    ) -> io::Result<Self> {
        let resolving = Stage::Resolving {
            early: Vec::new(),
            last: false,
        };
        let connected = Self::new(runtime, tag, Readers::Us, resolving);
        let state = Arc::clone(&connected.state);
        if let Ok(address) = peer.name.parse() {
            let socket = open::connect(SocketAddr::new(address, peer.port), options)?;
            runtime.enter(|| state.open(socket))?;
            runtime.spawn(task::receive(state));
        } else {
            runtime.spawn(task::resolve(state, peer, options));
        }
        Ok(connected)
    }

    fn new(runtime: &Runtime, tag: u64, readers: Readers, stage: Stage) -> Self {
        let state = State {
            tag,
            shared: Arc::clone(runtime.shared()),
            readers,
            stage: Mutex::new(stage),
            queue: Mutex::new(Queue::new(readers)),
            paused: AtomicBool::new(false),
            waker: Mutex::new(None),
        };
        Self {
            state: Arc::new(state),
        }
    }

    /// How the owner knows the socket.
    #[must_use]
    pub fn tag(&self) -> u64 {
        self.state.tag
    }

    /// Sends one datagram, to the peer of a connected socket or to `to`.
    ///
    /// # Errors
    /// The system's: too large, no route, or no room (then it is dropped, as the network would). [`io::ErrorKind::NotConnected`] when the socket
    /// is closed.
    pub fn send(&self, data: &[u8], to: Option<SocketAddr>) -> io::Result<()> {
        match &mut *self.state.stage.lock() {
            Stage::Open { socket, .. } => send(socket, data, to),
            Stage::Resolving { early, last: false } => {
                let waiting: usize = early.iter().map(Vec::len).sum();
                if early.len() >= EARLY_DATAGRAMS || waiting + data.len() > EARLY_LIMIT {
                    return Err(io::ErrorKind::WouldBlock.into());
                }
                early.push(data.to_vec());
                Ok(())
            }
            Stage::Resolving { .. } | Stage::Closed => Err(io::ErrorKind::NotConnected.into()),
        }
    }

    /// Takes what has arrived, up to a batch.
    pub fn take(&self) -> Taken {
        let mut queue = self.state.queue.lock();
        let was_full = queue.is_full();
        let (taken, more) = queue.take();
        let has_room = was_full && !queue.is_full();
        drop(queue);
        if more {
            self.state.shared.announce(Ready::Datagrams(self.state.tag));
        }
        if has_room {
            self.state.wake();
        }
        taken
    }

    /// Stops reading; datagrams wait in the kernel, as far as it has room for them.
    pub fn pause(&self) {
        self.state.paused.store(true, Relaxed);
    }

    /// Reads (again).
    pub fn resume(&self) {
        self.state.paused.store(false, Relaxed);
        self.state.wake();
    }

    /// Our own address, or `None` when the socket is not open.
    #[must_use]
    pub fn local(&self) -> Option<SocketAddr> {
        self.state.with_socket(local)?
    }

    /// The address of the peer, or `None` when there is none.
    #[must_use]
    pub fn remote(&self) -> Option<SocketAddr> {
        self.state.with_socket(remote)?
    }

    /// A second descriptor of the socket, or `None` when it is not open or the process has no descriptor left.
    #[must_use]
    pub fn duplicate_socket(&self) -> Option<OwnedFd> {
        self.state
            .with_socket(|socket| socket.as_fd().try_clone_to_owned().ok())?
    }

    /// Closes the socket. What has arrived can still be taken; what waits for a name to be found is still sent.
    pub fn close(&self) {
        self.state.close();
    }
}

impl Drop for Datagrams {
    fn drop(&mut self) {
        self.state.close();
    }
}

impl State {
    /// Makes `socket` the one, from within the runtime.
    fn open(&self, socket: Socket) -> io::Result<()> {
        *self.stage.lock() = self.watch(socket)?;
        Ok(())
    }

    /// Has the runtime watch a socket.
    fn watch(&self, socket: Socket) -> io::Result<Stage> {
        let socket = UdpSocket::from_std(socket.into())?;
        let inode = drops::inode(&socket);
        self.shared.census().watch_drops(inode);
        Ok(Stage::Open { socket, inode })
    }

    fn close(&self) {
        let mut stage = self.stage.lock();
        if let Stage::Resolving { last, .. } = &mut *stage {
            *last = true;
            return;
        }
        let closed = std::mem::replace(&mut *stage, Stage::Closed);
        drop(stage);
        if let Stage::Open { inode, .. } = closed {
            self.shared.census().forget_drops(inode);
        }
        self.wake();
    }

    fn with_socket<T>(&self, look: impl FnOnce(&UdpSocket) -> T) -> Option<T> {
        match &*self.stage.lock() {
            Stage::Open { socket, .. } => Some(look(socket)),
            Stage::Resolving { .. } | Stage::Closed => None,
        }
    }

    fn wake(&self) {
        let waker = self.waker.lock().take();
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

/// Sends one datagram over any socket, without blocking.
///
/// # Errors
/// The system's.
pub fn send(socket: &impl AsFd, data: &[u8], to: Option<SocketAddr>) -> io::Result<()> {
    let socket = SockRef::from(socket);
    let attempt = || match to {
        Some(address) => socket.send_to_with_flags(data, &address.into(), SEND_FLAGS.bits()),
        None => socket.send_with_flags(data, SEND_FLAGS.bits()),
    };
    match attempt() {
        // What the network said of an earlier datagram came in the way of this one, which has not been sent yet.
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => attempt(),
        other => other,
    }
    .map(drop)
}

/// The address that any UDP socket is bound to.
#[must_use]
pub fn local(socket: &impl AsFd) -> Option<SocketAddr> {
    SockRef::from(socket).local_addr().ok()?.as_socket()
}

/// The peer that any UDP socket is connected to.
#[must_use]
pub fn remote(socket: &impl AsFd) -> Option<SocketAddr> {
    SockRef::from(socket).peer_addr().ok()?.as_socket()
}

impl Datagram {
    /// The whole messages in the datagram. What is no whole message is dropped: nothing will ever complete it.
    #[must_use]
    pub fn messages(self, protocol: Protocol) -> Vec<Vec<u8>> {
        if protocol == Protocol::Raw {
            return vec![self.data];
        }
        let settings = Settings {
            max_package_size: MAX_DATAGRAM,
            ask_upgrade: false,
            tell_ping: false,
            tell_close: false,
        };
        let origin = Origin::ours();
        let (mut codec, mut rest, mut messages) =
            (Codec::new(protocol), self.data.as_slice(), Vec::new());
        while !rest.is_empty()
            && let Ok(Step {
                consumed,
                item: Some(Found::Event(Event::Message(Payload::Framed(message)))),
            }) = codec.decode(rest, &settings, &origin.policy)
        {
            messages.push(message.content().to_vec());
            rest = &rest[consumed..];
        }
        messages
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn messages(protocol: Protocol, data: &[u8]) -> Vec<Vec<u8>> {
        let from = "127.0.0.1:9".parse().unwrap();
        let data = data.to_vec();
        Datagram { from, data }.messages(protocol)
    }

    #[test]
    fn without_a_protocol_a_datagram_is_a_message_even_an_empty_one() {
        assert_eq!(messages(Protocol::Raw, b"a\nb"), [b"a\nb"]);
        assert_eq!(messages(Protocol::Raw, b""), [b""]);
    }

    #[test]
    fn a_datagram_may_hold_several_messages_and_what_is_not_whole_is_dropped() {
        assert_eq!(messages(Protocol::Text, b"a\r\nb\nrest"), [b"a", b"b"]);
        assert_eq!(messages(Protocol::Text, b"rest"), [b""; 0]);
        assert_eq!(
            messages(
                Protocol::LengthPrefixed,
                b"\0\0\0\x05a\0\0\0\x05b\0\0\0\x09c"
            ),
            [b"a", b"b"]
        );
        assert_eq!(messages(Protocol::LengthPrefixed, b"\0\0\0\x01a"), [b""; 0]);
    }
}
