//! Descriptors that belong to somebody else, such as pipes and sockets which a script has opened itself.
//!
//! They are watched level-triggered, in an epoll set of their own: what is readable stays readable until it has been read, whoever
//! reads it, and however little of it. The set is itself a descriptor, and the only one of them that the runtime knows. So nothing is
//! duplicated, a descriptor that is closed leaves the set by itself, and its peer sees the close at once.
//!
//! One case is left, which epoll(7) describes: a descriptor that was closed here while another process has a duplicate stays in the set
//! and cannot be taken out of it. Its key is one that the owner does not know any more; [`Runtime::forget_watched`](crate::Runtime::forget_watched)
//! then has the set made anew.

use std::{
    io,
    os::fd::{AsFd, AsRawFd, BorrowedFd, RawFd},
};

use nix::{
    errno::Errno,
    sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout},
};
use tokio::io::{Interest as Readiness, unix::AsyncFd};

/// What a descriptor is watched for, or found to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Interest {
    /// Bytes, the end, or an error can be read.
    pub readable: bool,
    /// Bytes or an error can be written.
    pub writable: bool,
    /// There is something out of band.
    pub exceptional: bool,
}

impl Interest {
    /// Whether there is any.
    #[must_use]
    pub const fn is_any(self) -> bool {
        self.readable || self.writable || self.exceptional
    }

    /// What is in either.
    #[must_use]
    pub const fn or(self, other: Self) -> Self {
        Self {
            readable: self.readable || other.readable,
            writable: self.writable || other.writable,
            exceptional: self.exceptional || other.exceptional,
        }
    }

    fn flags(self) -> EpollFlags {
        let mut flags = EpollFlags::empty();
        flags.set(EpollFlags::EPOLLIN, self.readable);
        flags.set(EpollFlags::EPOLLOUT, self.writable);
        flags.set(EpollFlags::EPOLLPRI, self.exceptional);
        flags
    }

    /// Errors and hang-ups are told to whoever waits for anything: nothing else would ever come.
    fn found(flags: EpollFlags) -> Self {
        let broken = flags.intersects(EpollFlags::EPOLLERR | EpollFlags::EPOLLHUP);
        Self {
            readable: broken || flags.contains(EpollFlags::EPOLLIN),
            writable: broken || flags.contains(EpollFlags::EPOLLOUT),
            exceptional: broken || flags.contains(EpollFlags::EPOLLPRI),
        }
    }
}

/// How a descriptor can be watched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Watched {
    /// It is ready when the kernel says so.
    Waiting,
    /// It is always ready, as a plain file is, and not in the set.
    Always,
}

/// The set of the descriptors that a runtime watches.
pub struct WatchSet(AsyncFd<Set>);

struct Set(Epoll);

impl AsRawFd for Set {
    fn as_raw_fd(&self) -> RawFd {
        self.0.0.as_fd().as_raw_fd()
    }
}

/// How many descriptors are looked at in one turn; the others have their turn in the next.
const BATCH: usize = 256;

impl WatchSet {
    /// Makes an empty set. Only where sockets can be registered with the runtime.
    #[allow(
        deprecated,
        reason = "its successor is unsafe because of descriptors that are closed meanwhile; this one is owned"
    )]
    pub(crate) fn new() -> io::Result<Self> {
        let epoll = Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC)?;
        AsyncFd::with_interest(Set(epoll), Readiness::READABLE).map(Self)
    }

    /// Watches a descriptor under `key`.
    ///
    /// # Errors
    /// The system's; `AlreadyExists` when the descriptor is in the set under another key.
    pub fn add(
        &self,
        descriptor: BorrowedFd<'_>,
        key: u64,
        interest: Interest,
    ) -> io::Result<Watched> {
        match self
            .epoll()
            .add(descriptor, EpollEvent::new(interest.flags(), key))
        {
            Ok(()) => Ok(Watched::Waiting),
            Err(Errno::EPERM) => Ok(Watched::Always),
            Err(error) => Err(error.into()),
        }
    }

    /// Watches a descriptor of the set for something else.
    ///
    /// # Errors
    /// The system's; `NotFound` when the descriptor is not in the set.
    pub fn change(
        &self,
        descriptor: BorrowedFd<'_>,
        key: u64,
        interest: Interest,
    ) -> io::Result<()> {
        let mut event = EpollEvent::new(interest.flags(), key);
        self.epoll().modify(descriptor, &mut event)?;
        Ok(())
    }

    /// Watches a descriptor no longer. One that is not in the set is nobody's business.
    pub fn remove(&self, descriptor: BorrowedFd<'_>) {
        let _ = self.epoll().delete(descriptor);
    }

    /// What is ready now, by key. It is told again until it is dealt with.
    #[must_use]
    pub fn ready(&self) -> Vec<(u64, Interest)> {
        let mut events = [EpollEvent::empty(); BATCH];
        let count = self.look(&mut events);
        events[..count]
            .iter()
            .map(|event| (event.data(), Interest::found(event.events())))
            .collect()
    }

    /// Completes when something in the set is ready.
    pub(crate) async fn wait(&self) {
        loop {
            let Ok(mut guard) = self.0.readable().await else {
                return;
            };
            if self.look(&mut [EpollEvent::empty()]) > 0 {
                return;
            }
            guard.clear_ready();
        }
    }

    fn look(&self, events: &mut [EpollEvent]) -> usize {
        self.epoll().wait(events, EpollTimeout::ZERO).unwrap_or(0)
    }

    fn epoll(&self) -> &Epoll {
        &self.0.get_ref().0
    }
}
