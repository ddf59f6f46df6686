//! Pipes, terminals, and whatever else can be waited for without being a socket.

use std::{
    fs::File,
    future::Future,
    io::{self, Read, Write},
    os::fd::{AsFd, BorrowedFd, OwnedFd},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use nix::fcntl::{FcntlArg, OFlag, fcntl};
use tokio::io::{Interest, ReadBuf, unix::AsyncFd};

/// A descriptor that is no socket. It does not block, and neither does it for whoever shares it.
pub(crate) struct Descriptor {
    file: AsyncFd<File>,
    access: Access,
}

/// What a descriptor was opened for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Access {
    Read,
    Write,
    Both,
}

/// Completes when nobody reads any more what is written.
pub(crate) type Unheard = Pin<Box<dyn Future<Output = ()> + Send>>;

impl Descriptor {
    /// Takes a descriptor over. Only where sockets can be registered with the runtime.
    ///
    /// # Errors
    /// `Unsupported` for what cannot be waited for, such as a plain file or a directory; otherwise the system's.
    #[allow(
        deprecated,
        reason = "its successor is unsafe because of descriptors that are closed meanwhile; this one is owned"
    )]
    pub(crate) fn open(descriptor: OwnedFd) -> io::Result<Self> {
        let flags = OFlag::from_bits_retain(fcntl(descriptor.as_fd(), FcntlArg::F_GETFL)?);
        let (access, interest) = match flags & OFlag::O_ACCMODE {
            OFlag::O_RDONLY => (Access::Read, Interest::READABLE),
            OFlag::O_WRONLY => (Access::Write, Interest::WRITABLE | Interest::ERROR),
            _ => (Access::Both, Interest::READABLE | Interest::WRITABLE),
        };
        let file =
            AsyncFd::with_interest(File::from(descriptor), interest).map_err(
                |error| match error.kind() {
                    io::ErrorKind::PermissionDenied => io::Error::new(
                        io::ErrorKind::Unsupported,
                        "it is always ready, as plain files are; read it with fread()",
                    ),
                    _ => error,
                },
            )?;
        fcntl(
            file.get_ref().as_fd(),
            FcntlArg::F_SETFL(flags | OFlag::O_NONBLOCK),
        )?;
        Ok(Self { file, access })
    }

    pub(crate) fn can_be_written(&self) -> bool {
        self.access != Access::Read
    }

    /// What tells that a descriptor for writing alone has no reader any more; `None` for others, which can be read.
    pub(crate) fn unheard(self: &Arc<Self>) -> Option<Unheard> {
        let own = Arc::clone(self);
        (self.access == Access::Write).then(|| {
            Box::pin(async move {
                // Should the runtime end, so do those who wait in it.
                drop(own.file.ready(Interest::ERROR).await);
            }) as Unheard
        })
    }

    pub(crate) fn poll_read(
        &self,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        loop {
            let mut guard = ready!(self.file.poll_read_ready(cx))?;
            let read = guard.try_io(|file| file.get_ref().read(buffer.initialize_unfilled()));
            match read {
                Ok(Ok(count)) => {
                    buffer.advance(count);
                    return Poll::Ready(Ok(()));
                }
                Ok(Err(error)) if error.kind() == io::ErrorKind::Interrupted => {}
                Ok(Err(error)) => return Poll::Ready(Err(error)),
                Err(_would_block) => {}
            }
        }
    }

    pub(crate) fn write(&self, bytes: &[u8]) -> io::Result<usize> {
        self.file.get_ref().write(bytes)
    }

    /// Runs `write` where tokio says that the descriptor is writable, and remembers when it is not.
    pub(crate) fn when_writable(
        &self,
        write: impl FnOnce() -> io::Result<usize>,
    ) -> io::Result<usize> {
        self.file.try_io(Interest::WRITABLE, |_| write())
    }

    pub(crate) fn poll_writable(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.file.poll_write_ready(cx).map_ok(drop)
    }

    pub(crate) fn duplicate(&self) -> io::Result<OwnedFd> {
        self.as_fd().try_clone_to_owned()
    }
}

impl AsFd for Descriptor {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.file.get_ref().as_fd()
    }
}
