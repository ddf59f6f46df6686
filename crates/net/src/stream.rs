//! TCP and unix sockets behind one face.

use std::{
    io,
    mem::MaybeUninit,
    net::Shutdown,
    os::fd::{AsRawFd, OwnedFd},
    pin::Pin,
    task::{Context, Poll},
};

use nix::sys::socket::{MsgFlags, recv};
use socket2::SockRef;
use tokio::{
    io::{AsyncRead, Interest, ReadBuf},
    net::{TcpStream, UnixStream, tcp, unix},
};

use crate::{address::Peer, file::FileRange};

/// The half that the connection's task reads from.
pub(crate) enum ReadHalf {
    Tcp(tcp::OwnedReadHalf),
    Unix(unix::OwnedReadHalf),
}

/// The half that the owner and the task write to.
pub(crate) enum WriteHalf {
    Tcp(tcp::OwnedWriteHalf),
    Unix(unix::OwnedWriteHalf),
}

/// Splits a TCP stream.
pub(crate) fn split_tcp(stream: TcpStream) -> (ReadHalf, WriteHalf) {
    let (read, write) = stream.into_split();
    (ReadHalf::Tcp(read), WriteHalf::Tcp(write))
}

/// Splits a unix stream.
pub(crate) fn split_unix(stream: UnixStream) -> (ReadHalf, WriteHalf) {
    let (read, write) = stream.into_split();
    (ReadHalf::Unix(read), WriteHalf::Unix(write))
}

impl ReadHalf {
    /// Reads once what is there. One `read` call per readiness: a short read is known to have emptied the socket.
    pub(crate) fn poll_read(
        &mut self,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self {
            Self::Tcp(half) => Pin::new(half).poll_read(cx, buffer),
            Self::Unix(half) => Pin::new(half).poll_read(cx, buffer),
        }
    }

    /// Whether the kernel holds bytes that were not read, whatever tokio knows of it.
    pub(crate) fn has_unread(&self) -> bool {
        let mut byte = [MaybeUninit::uninit()];
        self.socket().peek(&mut byte).is_ok_and(|length| length > 0)
    }

    pub(crate) async fn readable(&self) -> io::Result<()> {
        match self {
            Self::Tcp(half) => half.readable().await,
            Self::Unix(half) => half.readable().await,
        }
    }

    /// Looks at what is there and leaves it there.
    pub(crate) fn try_peek(&self, buffer: &mut [u8]) -> io::Result<usize> {
        let look = || receive(&self.socket(), buffer, MsgFlags::MSG_PEEK);
        match self {
            Self::Tcp(half) => half.as_ref().try_io(Interest::READABLE, look),
            Self::Unix(half) => half.as_ref().try_io(Interest::READABLE, look),
        }
    }

    /// Takes what is there, whatever tokio knows of it.
    pub(crate) fn take(&self, buffer: &mut [u8]) -> io::Result<usize> {
        receive(&self.socket(), buffer, MsgFlags::empty())
    }

    /// Shuts the socket down as `how` says, whoever else has a descriptor of it. With a peer that is gone there is nothing left to shut.
    pub(crate) fn shutdown(&self, how: Shutdown) {
        let _ = self.socket().shutdown(how);
    }

    fn socket(&self) -> SockRef<'_> {
        match self {
            Self::Tcp(half) => SockRef::from(half.as_ref()),
            Self::Unix(half) => SockRef::from(half.as_ref()),
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
    pub(crate) fn send(&self, when: When, bytes: &[u8]) -> io::Result<usize> {
        self.attempt(when, || send(&self.socket(), bytes))
    }

    /// Writes a part of a file, which the system takes from its own memory. Not for a socket that somebody may have made blocking.
    pub(crate) fn send_file(&self, when: When, range: &FileRange) -> io::Result<usize> {
        self.attempt(when, || match self {
            Self::Tcp(half) => range.send_to(half.as_ref()),
            Self::Unix(half) => range.send_to(half.as_ref()),
        })
    }

    fn attempt(&self, when: When, write: impl FnOnce() -> io::Result<usize>) -> io::Result<usize> {
        match (when, self) {
            (When::Now, _) => write(),
            (When::Ready, Self::Tcp(half)) => half.as_ref().try_io(Interest::WRITABLE, write),
            (When::Ready, Self::Unix(half)) => half.as_ref().try_io(Interest::WRITABLE, write),
        }
    }

    pub(crate) fn poll_writable(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self {
            Self::Tcp(half) => half.as_ref().poll_write_ready(cx),
            Self::Unix(half) => half.as_ref().poll_write_ready(cx),
        }
    }

    /// Tells the peer that nothing more will come, and keeps the socket for what the peer still sends.
    pub(crate) fn shutdown(&self) -> io::Result<()> {
        self.socket().shutdown(Shutdown::Write)
    }

    pub(crate) fn local(&self) -> io::Result<Peer> {
        match self {
            Self::Tcp(half) => half.local_addr().map(Peer::Ip),
            Self::Unix(half) => half.local_addr().map(|address| unix_peer(&address)),
        }
    }

    pub(crate) fn duplicate(&self) -> io::Result<OwnedFd> {
        let socket = match self {
            Self::Tcp(half) => SockRef::from(half.as_ref()).try_clone()?,
            Self::Unix(half) => SockRef::from(half.as_ref()).try_clone()?,
        };
        Ok(socket.into())
    }

    /// Lets go of the socket without the shutdown that dropping a half would do: it is closed when the other half is gone too.
    pub(crate) fn release(self) {
        match self {
            Self::Tcp(half) => half.forget(),
            Self::Unix(half) => half.forget(),
        }
    }

    fn socket(&self) -> SockRef<'_> {
        match self {
            Self::Tcp(half) => SockRef::from(half.as_ref()),
            Self::Unix(half) => SockRef::from(half.as_ref()),
        }
    }
}

/// The address of a unix peer.
pub(crate) fn unix_peer(address: &unix::SocketAddr) -> Peer {
    Peer::Unix(address.as_pathname().map(ToOwned::to_owned))
}

fn receive(socket: &SockRef<'_>, buffer: &mut [u8], flags: MsgFlags) -> io::Result<usize> {
    Ok(recv(
        socket.as_raw_fd(),
        buffer,
        flags | MsgFlags::MSG_DONTWAIT,
    )?)
}

fn send(socket: &SockRef<'_>, bytes: &[u8]) -> io::Result<usize> {
    socket.send_with_flags(bytes, SEND_FLAGS)
}

/// `MSG_NOSIGNAL`: a peer that is gone is an error, not a SIGPIPE. `MSG_DONTWAIT`: a full socket is an error too, even if whoever has a
/// duplicate of its descriptor made it blocking.
#[cfg(target_os = "linux")]
pub(crate) const SEND_FLAGS: i32 = 0x4000 | 0x40;
#[cfg(not(target_os = "linux"))]
pub(crate) const SEND_FLAGS: i32 = 0;
