//! TCP and unix sockets, and descriptors that are no sockets, behind one face.

use std::{
    io,
    net::Shutdown,
    os::fd::{AsRawFd, OwnedFd, RawFd},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use nix::sys::socket::{MsgFlags, recv, send};
use parking_lot::Mutex;
use socket2::SockRef;
use tokio::{
    io::{AsyncRead, Interest, ReadBuf},
    net::{TcpStream, UnixStream, tcp, unix},
};

use crate::{
    address::Peer,
    descriptor::{Descriptor, Unheard},
    file::FileRange,
};

/// The half that the connection's task reads from.
pub(crate) enum ReadHalf {
    Tcp(tcp::OwnedReadHalf),
    Unix(unix::OwnedReadHalf),
    Other(Arc<Descriptor>),
    /// There is nothing to read, and the end comes when nobody reads what is written. Never locked: it makes the half one that can be shared.
    WriteOnly(Box<Mutex<Unheard>>),
}

/// The half that the owner and the task write to. The number of the descriptor stands here as well, and comes first: who writes need not look at what
/// tokio keeps of the socket, nor at where that is.
#[repr(u32)]
pub(crate) enum WriteHalf {
    Tcp(RawFd, tcp::OwnedWriteHalf),
    Unix(RawFd, unix::OwnedWriteHalf),
    Other(Arc<Descriptor>),
}

/// Splits a TCP stream.
pub(crate) fn split_tcp(stream: TcpStream) -> (ReadHalf, WriteHalf) {
    let descriptor = stream.as_raw_fd();
    let (read, write) = stream.into_split();
    (ReadHalf::Tcp(read), WriteHalf::Tcp(descriptor, write))
}

/// Splits a unix stream.
pub(crate) fn split_unix(stream: UnixStream) -> (ReadHalf, WriteHalf) {
    let descriptor = stream.as_raw_fd();
    let (read, write) = stream.into_split();
    (ReadHalf::Unix(read), WriteHalf::Unix(descriptor, write))
}

/// Splits a descriptor that is no socket.
pub(crate) fn split_descriptor(descriptor: Descriptor) -> (ReadHalf, WriteHalf) {
    let shared = Arc::new(descriptor);
    let read = match shared.unheard() {
        Some(unheard) => ReadHalf::WriteOnly(Box::new(Mutex::new(unheard))),
        None => ReadHalf::Other(Arc::clone(&shared)),
    };
    (read, WriteHalf::Other(shared))
}

impl ReadHalf {
    /// Reads once what is there. One `read` call per readiness: a short read is taken to have emptied the socket, as tokio does. Urgent data
    /// (`MSG_OOB`), at which the system ends a read, so delays what a peer sends behind it until it sends more.
    pub(crate) fn poll_read(
        &mut self,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self {
            Self::Tcp(half) => Pin::new(half).poll_read(cx, buffer),
            Self::Unix(half) => Pin::new(half).poll_read(cx, buffer),
            Self::Other(half) => half.poll_read(cx, buffer),
            Self::WriteOnly(unheard) => {
                ready!(unheard.get_mut().as_mut().poll(cx));
                Poll::Ready(Ok(()))
            }
        }
    }

    /// Whether the kernel holds bytes that were not read, whatever tokio knows of it.
    pub(crate) fn has_unread(&self) -> bool {
        self.socket()
            .is_some_and(|socket| has_unread(socket.as_raw_fd()))
    }

    pub(crate) async fn readable(&self) -> io::Result<()> {
        match self {
            Self::Tcp(half) => half.readable().await,
            Self::Unix(half) => half.readable().await,
            Self::Other(_) | Self::WriteOnly(_) => Err(io::ErrorKind::Unsupported.into()),
        }
    }

    /// Looks at what is there and leaves it there. Only of sockets.
    pub(crate) fn try_peek(&self, buffer: &mut [u8]) -> io::Result<usize> {
        let look = || self.receive(buffer, MsgFlags::MSG_PEEK);
        match self {
            Self::Tcp(half) => half.as_ref().try_io(Interest::READABLE, look),
            Self::Unix(half) => half.as_ref().try_io(Interest::READABLE, look),
            Self::Other(_) | Self::WriteOnly(_) => Err(io::ErrorKind::Unsupported.into()),
        }
    }

    /// Takes what is there, whatever tokio knows of it. Only of sockets.
    pub(crate) fn take(&self, buffer: &mut [u8]) -> io::Result<usize> {
        self.receive(buffer, MsgFlags::empty())
    }

    fn receive(&self, buffer: &mut [u8], flags: MsgFlags) -> io::Result<usize> {
        let socket = self.socket().ok_or(io::ErrorKind::Unsupported)?;
        let flags = flags | MsgFlags::MSG_DONTWAIT;
        Ok(recv(socket.as_raw_fd(), buffer, flags)?)
    }

    /// Shuts the socket down as `how` says, whoever else has a descriptor of it. With a peer that is gone there is nothing left to shut.
    pub(crate) fn shutdown(&self, how: Shutdown) {
        if let Some(socket) = self.socket() {
            let _ = socket.shutdown(how);
        }
    }

    fn socket(&self) -> Option<SockRef<'_>> {
        match self {
            Self::Tcp(half) => Some(SockRef::from(half.as_ref())),
            Self::Unix(half) => Some(SockRef::from(half.as_ref())),
            Self::Other(_) | Self::WriteOnly(_) => None,
        }
    }
}

/// When to write.
#[derive(Debug, Clone, Copy)]
pub(crate) enum When {
    /// Without asking tokio whether the socket is ready: outside of the runtime, or before the first poll.
    Now,
    /// When tokio says that the socket is writable. It remembers when it is not, so that [`WriteHalf::poll_writable`] waits for the change.
    Ready,
}

impl WriteHalf {
    #[inline]
    pub(crate) fn send(&self, when: When, bytes: &[u8]) -> io::Result<usize> {
        self.attempt(when, || self.write(bytes))
    }

    #[inline]
    fn write(&self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Tcp(socket, _) | Self::Unix(socket, _) => Ok(send(*socket, bytes, SEND_FLAGS)?),
            Self::Other(half) => half.write(bytes),
        }
    }

    /// Writes a part of a file, which the system takes from its own memory. Not for a socket that somebody may have made blocking.
    pub(crate) fn send_file(&self, when: When, range: &FileRange) -> io::Result<usize> {
        self.attempt(when, || match self {
            Self::Tcp(_, half) => range.send_to(half.as_ref()),
            Self::Unix(_, half) => range.send_to(half.as_ref()),
            Self::Other(half) => range.send_to(&**half),
        })
    }

    #[inline]
    fn attempt(&self, when: When, write: impl FnOnce() -> io::Result<usize>) -> io::Result<usize> {
        match when {
            When::Now => write(),
            When::Ready => self.when_ready(write),
        }
    }

    /// Writes if tokio says that the socket is writable, and has it remember if it is not. Out of line: where nobody asks tokio, what it keeps of the
    /// socket is not to be looked for ahead of need.
    #[inline(never)]
    fn when_ready(&self, write: impl FnOnce() -> io::Result<usize>) -> io::Result<usize> {
        match self {
            Self::Tcp(_, half) => half.as_ref().try_io(Interest::WRITABLE, write),
            Self::Unix(_, half) => half.as_ref().try_io(Interest::WRITABLE, write),
            Self::Other(half) => half.when_writable(write),
        }
    }

    /// The number of the descriptor, where it is a socket.
    pub(crate) fn socket(&self) -> Option<RawFd> {
        match self {
            Self::Tcp(socket, _) | Self::Unix(socket, _) => Some(*socket),
            Self::Other(_) => None,
        }
    }

    pub(crate) fn poll_writable(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self {
            Self::Tcp(_, half) => half.as_ref().poll_write_ready(cx),
            Self::Unix(_, half) => half.as_ref().poll_write_ready(cx),
            Self::Other(half) => half.poll_writable(cx),
        }
    }

    /// As [`ReadHalf::has_unread`], of the same socket.
    pub(crate) fn has_unread(&self) -> bool {
        match self {
            Self::Tcp(socket, _) | Self::Unix(socket, _) => has_unread(*socket),
            Self::Other(_) => false,
        }
    }

    /// Whether bytes can be written at all.
    pub(crate) fn can_be_written(&self) -> bool {
        match self {
            Self::Tcp(..) | Self::Unix(..) => true,
            Self::Other(half) => half.can_be_written(),
        }
    }

    /// Tells the peer that nothing more will come, and keeps the socket for what the peer still sends. Returns false for what has no such half
    /// way: closing it is what tells.
    pub(crate) fn shutdown(&self) -> io::Result<bool> {
        match self {
            Self::Tcp(_, half) => SockRef::from(half.as_ref()).shutdown(Shutdown::Write),
            Self::Unix(_, half) => SockRef::from(half.as_ref()).shutdown(Shutdown::Write),
            Self::Other(_) => return Ok(false),
        }
        .map(|()| true)
    }

    pub(crate) fn local(&self) -> io::Result<Peer> {
        match self {
            Self::Tcp(_, half) => half.local_addr().map(Peer::Ip),
            Self::Unix(_, half) => half.local_addr().map(|address| unix_peer(&address)),
            Self::Other(_) => Ok(Peer::Unix(None)),
        }
    }

    pub(crate) fn duplicate(&self) -> io::Result<OwnedFd> {
        match self {
            Self::Tcp(_, half) => SockRef::from(half.as_ref()).try_clone().map(OwnedFd::from),
            Self::Unix(_, half) => SockRef::from(half.as_ref()).try_clone().map(OwnedFd::from),
            Self::Other(half) => half.duplicate(),
        }
    }

    /// Lets go of the socket without the shutdown that dropping a half would do: it is closed when the other half is gone too.
    pub(crate) fn release(self) {
        match self {
            Self::Tcp(_, half) => half.forget(),
            Self::Unix(_, half) => half.forget(),
            Self::Other(half) => drop(half),
        }
    }
}

/// Whether a socket holds bytes that were not read, also where somebody has made it blocking.
fn has_unread(socket: RawFd) -> bool {
    let flags = MsgFlags::MSG_PEEK | MsgFlags::MSG_DONTWAIT;
    recv(socket, &mut [0], flags).is_ok_and(|length| length > 0)
}

/// The address of a unix peer.
pub(crate) fn unix_peer(address: &unix::SocketAddr) -> Peer {
    Peer::Unix(address.as_pathname().map(ToOwned::to_owned))
}

/// `MSG_NOSIGNAL`: a peer that is gone is an error, not a SIGPIPE. `MSG_DONTWAIT`: a full socket is an error too, even if whoever has a
/// duplicate of its descriptor made it blocking.
pub(crate) const SEND_FLAGS: MsgFlags = MsgFlags::MSG_NOSIGNAL.union(MsgFlags::MSG_DONTWAIT);
