//! What is known of the connections that lie still.

use std::{
    io,
    os::fd::RawFd,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicI32, AtomicU32, AtomicU64, AtomicUsize, Ordering::Relaxed},
    },
};

use nix::sys::socket::send;

use super::Written;
use crate::{connection::Connection, stream::SEND_FLAGS};

/// Desks of one part.
const SOME: usize = 1024;
/// Parts. Connections beyond them have no desk.
const PARTS: usize = 1024;

/// A desk for each place in the census. They come a part at a time, and never move.
pub(super) struct Desks([OnceLock<Box<[Desk]>>; PARTS]);

/// What it takes to write to a connection that lies still, half a line of the cache. Who changes it has locked the state of the connection, or the bag.
#[derive(Default)]
#[repr(align(32))]
pub(super) struct Desk {
    /// The address of the connection; 0 where there is none that lies still.
    connection: AtomicUsize,
    bytes: AtomicU64,
    messages: AtomicU32,
    socket: AtomicI32,
    /// How many letters there are in the bag.
    waiting: AtomicU32,
}

impl Default for Desks {
    fn default() -> Self {
        Self([const { OnceLock::new() }; PARTS])
    }
}

impl Desks {
    /// The desk of a place, if somebody has had it.
    #[inline]
    pub(super) fn find(&self, place: u32) -> Option<&Desk> {
        let place = place as usize;
        self.0.get(place / SOME)?.get()?.get(place % SOME)
    }

    /// The desk of a place, unless there are too many.
    pub(super) fn at(&self, place: u32) -> Option<&Desk> {
        let part = self.0.get(place as usize / SOME)?;
        part.get_or_init(|| (0..SOME).map(|_| Desk::default()).collect());
        self.find(place)
    }
}

impl Desk {
    /// Whether it is that of a connection, which is not looked at.
    #[inline]
    pub(super) fn is_of(&self, connection: &Arc<Connection>) -> bool {
        self.connection.load(Relaxed) == Arc::as_ptr(connection).addr()
    }

    pub(super) fn take(&self, connection: &Arc<Connection>, socket: RawFd) {
        self.connection
            .store(Arc::as_ptr(connection).addr(), Relaxed);
        self.socket.store(socket, Relaxed);
    }

    /// Ends what was [taken](Self::take).
    pub(super) fn leave(&self) -> Written {
        self.connection.store(0, Relaxed);
        self.waiting.store(0, Relaxed);
        let written = Written {
            messages: self.messages.load(Relaxed),
            bytes: self.bytes.load(Relaxed),
        };
        self.messages.store(0, Relaxed);
        self.bytes.store(0, Relaxed);
        written
    }

    pub(super) fn waiting(&self) -> u32 {
        self.waiting.load(Relaxed)
    }

    pub(super) fn await_another(&self) {
        self.waiting.store(self.waiting() + 1, Relaxed);
    }

    /// A letter goes the other way, and so does whatever comes after it. Returns whether there are more.
    pub(super) fn expect_rest(&self) -> bool {
        self.connection.store(0, Relaxed);
        let rest = self.waiting().saturating_sub(1);
        self.waiting.store(rest, Relaxed);
        rest > 0
    }

    /// Writes the only letter, if it is that, and says how much of it was taken.
    #[inline]
    pub(super) fn write(&self, letter: &[u8]) -> usize {
        if self.connection.load(Relaxed) == 0 || self.waiting() != 1 {
            return 0;
        }
        let socket = self.socket.load(Relaxed);
        let result: io::Result<usize> = send(socket, letter, SEND_FLAGS).map_err(Into::into);
        // What went wrong is found out by who writes the rest.
        let written = result.unwrap_or_default();
        let bytes = self.bytes.load(Relaxed) + written as u64;
        self.bytes.store(bytes, Relaxed);
        if written == letter.len() {
            let messages = self.messages.load(Relaxed).wrapping_add(1);
            self.messages.store(messages, Relaxed);
            self.waiting.store(0, Relaxed);
        }
        written
    }
}
