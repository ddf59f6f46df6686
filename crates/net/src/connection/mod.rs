//! A stream connection, as its owner sees it.
//!
//! The state is shared by three parties which never hold it for longer than a few instructions: the connection's task, the relief
//! driver that runs the task while the owner is busy, and the owner itself. None of them runs foreign code while it holds the lock, and none
//! but a write of a file, which may have to wait for the disk, takes longer.

mod connecting;
mod control_frames;
mod deadline;
mod decoding;
mod delivery;
mod ending;
mod events;
mod heartbeat;
mod life;
mod message;
mod pace;
mod parting;
pub(crate) mod pulse;
pub mod secure;
mod seldom;
mod sending;
mod standing;
mod state;
mod summary;
pub(crate) mod task;
mod unread;
mod writing;

pub use control_frames::ControlFrames;
pub use events::Events;
pub use message::{Encoded, Message};
pub use secure::{Handshake, Side};
pub(crate) use sending::EAGER_FLUSH;
pub use sending::Sent;
pub use standing::Standing;
pub use summary::Summary;

use std::{
    os::fd::OwnedFd,
    sync::{
        Arc, Weak,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
};

use once_cell::{race::OnceBox, sync::OnceCell};
use ouvrier_protocol::websocket::handshake;
use parking_lot::Mutex;

use self::{
    life::{Course, Phase, Upgrade},
    state::State,
};
use crate::{
    address::Peer,
    compression::Compressor,
    event::{Closed, Event, Protocol},
    policy::{Origin, Policy},
    shared::Shared,
    stream::WriteHalf,
    tls::Session,
};

/// What the task of a connection must know of the owner's wishes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// The largest message, in bytes on the wire, before the connection is closed.
    pub max_package_size: usize,
    /// Websocket: the owner decides on the handshake. Otherwise it is answered at once, whatever the owner is doing.
    pub ask_upgrade: bool,
    /// Websocket: pings are told to the owner, who answers them. Otherwise they are answered at once.
    pub tell_ping: bool,
    /// Websocket: close frames are told to the owner, who answers them. Otherwise they are answered at once when the owner has
    /// nothing of the connection left to do, see [`Event::CloseFrame`].
    pub tell_close: bool,
}

/// How a connection begins.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Beginning {
    pub(crate) protocol: Protocol,
    pub(crate) settings: Settings,
    /// It is not read until the owner [resumes](Connection::resume) it.
    pub(crate) paused: bool,
}

/// What the owner finds when a connection is ready.
#[derive(Debug)]
pub struct Taken {
    /// What was received, in order.
    pub events: Events,
    /// The socket had been full and everything is written now.
    pub drained: bool,
    /// The sending side is over. Of `events` only [`Event::Opened`] can be left.
    pub over: Option<Closed>,
    /// How the connection stood.
    pub standing: Standing,
}

/// A stream connection. Cheap to share; all methods may be called from any thread and never block.
///
/// Who pushes to one of very many clients finds nothing of it in the processor's cache. So what sending looks at stands together in 112 bytes, here from
/// the beginning up to the first fields of the state, and what the task, reports and the end of a connection need stands behind that. With the C library of
/// GNU, a block that follows one of tokio's begins 16 bytes behind a line of the cache: then these are two lines.
#[repr(C)]
pub struct Connection {
    shared: Arc<Shared>,
    origin: Arc<Origin>,
    /// There is one once a websocket handshake has agreed upon compression.
    compressor: OnceBox<Compressor>,
    state: Mutex<State>,
    tag: AtomicU64,
    /// The owner owes the peer an answer.
    owes: AtomicBool,
    /// The alarm of the task has gone off.
    alarmed: AtomicBool,
    /// The place in the census.
    place: u32,
    number: AtomicU64,
    remote: OnceCell<Peer>,
}

impl Drop for Connection {
    fn drop(&mut self) {
        let census = self.shared.census();
        let state = self.state.get_mut();
        debug_assert_ne!(
            state.course,
            Course::Still,
            "the end of its task has ended that"
        );
        census.vacate(self.place);
        if state.accounted > 0 {
            census.ledger().requeue(state.accounted, 0);
        }
        if state.holds {
            census.ledger().count_holder(false);
        }
        if self.origin.listener != 0 {
            census.ledger().leave(self.remote.get(), self.policy());
        }
    }
}

impl Connection {
    /// A connection over a socket that is there, of which the owner hears with [`Connection::announce_opened`].
    #[inline]
    pub(crate) fn new(
        shared: Arc<Shared>,
        writer: WriteHalf,
        tls: Option<Box<Session>>,
        remote: Peer,
        origin: Arc<Origin>,
        beginning: &Beginning,
    ) -> Arc<Self> {
        let mut state = State::new(Some(writer), beginning.protocol, beginning.settings);
        state.tls = tls;
        state.paused = beginning.paused;
        Self::with(shared, OnceCell::with_value(remote), origin, state)
    }

    #[inline]
    fn with(
        shared: Arc<Shared>,
        remote: OnceCell<Peer>,
        origin: Arc<Origin>,
        state: State,
    ) -> Arc<Self> {
        Arc::new_cyclic(|connection| Self {
            remote,
            origin,
            tag: AtomicU64::new(0),
            number: AtomicU64::new(0),
            owes: AtomicBool::new(false),
            alarmed: AtomicBool::new(false),
            place: shared.census().enter(Weak::clone(connection)),
            shared,
            compressor: OnceBox::new(),
            state: Mutex::new(state),
        })
    }

    /// Its place in the census, by which [`Runtime::write`](crate::Runtime::write) knows it.
    #[must_use]
    pub fn place(&self) -> u32 {
        self.place
    }

    /// The address of the other end; `None` before the connection is made.
    #[must_use]
    pub fn remote(&self) -> Option<&Peer> {
        self.remote.get()
    }

    /// Our own address, or `None` once the socket is gone.
    #[must_use]
    pub fn local(&self) -> Option<Peer> {
        self.lock().writer.as_ref()?.local().ok()
    }

    /// The owner has a descriptor of the socket too: when the connection is closed, the socket is shut down.
    pub(crate) fn share_socket(&self) {
        self.lock().seldom().duplicated = true;
    }

    /// A second descriptor of the socket, or `None` once it is gone or when the process has no descriptor left.
    ///
    /// Whoever keeps it does not keep the connection open: when the connection is closed, the socket is shut down.
    #[must_use]
    pub fn duplicate_socket(&self) -> Option<OwnedFd> {
        let mut state = self.lock();
        let duplicate = state.writer.as_ref()?.duplicate().ok()?;
        state.seldom().duplicated = true;
        Some(duplicate)
    }

    /// The tag of the listener that accepted the connection; 0 for one that we made.
    #[must_use]
    pub fn listener(&self) -> u64 {
        self.origin.listener
    }

    /// What the listener that accepted the connection asks of its clients.
    #[must_use]
    pub fn policy(&self) -> &Policy {
        &self.origin.policy
    }

    /// The owner's mark on the connection, 0 at first.
    #[must_use]
    pub fn tag(&self) -> u64 {
        self.tag.load(Relaxed)
    }

    /// Marks the connection, for the owner to know it by.
    pub fn set_tag(&self, tag: u64) {
        self.tag.store(tag, Relaxed);
    }

    /// Notes whether the owner owes the peer an answer. Whoever waits for one is not idle.
    pub fn set_owing(&self, owes: bool) {
        self.owes.store(owes, Relaxed);
    }

    /// Bytes that wait to be written, those in files included.
    #[must_use]
    pub fn queued_bytes(&self) -> usize {
        let state = self.lock();
        let in_files = usize::try_from(state.send.len_in_files()).unwrap_or(usize::MAX);
        state.queued().saturating_add(in_files)
    }

    /// Bytes that wait for the peer to read, those in files left out; `None` when the socket has room.
    #[must_use]
    pub fn held_up_bytes(&self) -> Option<usize> {
        let state = self.lock();
        state.is_held_up().then(|| state.queued())
    }

    /// Whether a file is being sent.
    #[must_use]
    pub fn is_sending_file(&self) -> bool {
        self.lock().send.has_file()
    }

    /// Bytes that were received and wait for the owner, and those of an unfinished message.
    #[must_use]
    pub fn received_bytes(&self) -> usize {
        let state = self.lock();
        let undelivered = state.inbox.iter().map(Event::received_bytes);
        undelivered.sum::<usize>() + state.pending
    }

    /// Whether the system holds bytes of the peer that are going to be read. It is asked.
    #[must_use]
    pub fn has_unread(&self) -> bool {
        let state = self.lock();
        let reads = state.phase == Phase::Open && !state.paused;
        reads && state.writer.as_ref().is_some_and(WriteHalf::has_unread)
    }

    /// Gives the connection the number that reports know it by.
    pub fn set_number(&self, number: u64) {
        self.number.store(number, Relaxed);
    }

    /// Whether messages can go out: the websocket handshake is done, or the protocol has none.
    #[must_use]
    pub fn is_upgraded(&self) -> bool {
        self.lock().upgrade == Upgrade::Done
    }

    /// Whether a websocket handshake waits for [`accept_upgrade`](Self::accept_upgrade) or a refusal.
    #[must_use]
    pub fn asks_upgrade(&self) -> bool {
        self.lock().upgrade == Upgrade::Asked
    }

    /// Tells the task of changed wishes. They hold for what has not been decoded yet. Returns how received bytes are cut.
    pub fn configure(&self, settings: Settings) -> Protocol {
        let mut state = self.lock();
        state.settings = settings;
        state.protocol
    }

    /// Cuts everything that the owner has not seen by another protocol: `unseen`, which it took and gives back, what has been decoded
    /// meanwhile, and what comes. Websocket begins with a handshake.
    ///
    /// What was decoded becomes bytes again, and loses what decoding has lost: the seams of chunks and fragments, masks, and trailers.
    pub fn set_protocol(self: &Arc<Self>, protocol: Protocol, unseen: Events) {
        let mut state = self.lock();
        if state.phase == Phase::Open {
            state.put_back(unseen);
            state.set_protocol(protocol);
            if state.is_left() {
                return self.announce(&mut state);
            }
            self.rouse(&mut state);
        }
    }

    /// There has been a websocket handshake that the owner has dealt with: websocket begins without one.
    pub fn skip_handshake(&self) {
        self.lock().shook_hands = true;
    }

    /// How received bytes are cut.
    #[must_use]
    pub fn protocol(&self) -> Protocol {
        self.lock().protocol
    }

    /// Stops reading from the socket.
    pub fn pause(&self) {
        self.lock().paused = true;
    }

    /// Reads again after a pause, and presents what was received before it.
    pub fn resume(self: &Arc<Self>) {
        let mut state = self.lock();
        if !std::mem::take(&mut state.paused) {
            return;
        }
        if state.has_news() {
            self.announce(&mut state);
        }
        self.rouse(&mut state);
    }

    /// Answers a websocket handshake that [`Event::Upgrade`] told of, with `lines` as further header lines,
    /// and lets everything go that was sent meanwhile.
    pub fn accept_upgrade<L: AsRef<[u8]>>(
        self: &Arc<Self>,
        head: &[u8],
        lines: impl IntoIterator<Item = L>,
    ) {
        let mut state = self.lock();
        if state.phase != Phase::Open || state.upgrade != Upgrade::Asked {
            return;
        }
        let agreed = self.agree(head).map(String::into_bytes);
        let own = lines.into_iter().map(|line| line.as_ref().to_vec());
        handshake::accept(head, agreed.into_iter().chain(own), state.send.tail());
        state.upgraded();
        self.rouse(&mut state);
    }

    /// Writes what is queued, now. The turn does this by itself; this is for owners who are about to end.
    pub fn flush(self: &Arc<Self>) {
        self.flush_now(&mut self.lock());
    }
}
