//! A stream connection, as its owner sees it.
//!
//! The state is shared by three parties which never hold it for longer than a few instructions: the connection's task, the relief
//! driver that runs the task while the owner is busy, and the owner itself. None of them runs foreign code while it holds the lock, and none
//! but a write of a file, which may have to wait for the disk, takes longer.

mod connecting;
mod deadline;
mod decoding;
mod delivery;
mod events;
mod heartbeat;
mod message;
mod pace;
mod parting;
pub(crate) mod pulse;
pub mod secure;
mod state;
mod summary;
pub(crate) mod task;
mod unread;

pub use events::Events;
pub use message::{Encoded, Message};
pub use secure::{Handshake, Side};
pub use summary::Summary;

use std::{
    os::fd::OwnedFd,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use once_cell::race::OnceBox;
use ouvrier_protocol::websocket::handshake;
use parking_lot::Mutex;

use self::state::{Phase, State, Upgrade};
use crate::{
    address::Peer,
    compression::Compressor,
    event::{Closed, Event, Protocol},
    file::FileRange,
    policy::{Origin, Policy},
    send_buffer::SendBuffer,
    shared::Shared,
    stream::WriteHalf,
    tls::Session,
};

/// Queued bytes beyond which [`Connection::send`] writes at once instead of at the end of the turn, so that what it returns is true.
const EAGER_FLUSH: usize = 64 * 1024;

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

/// What became of bytes given to [`Connection::send`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sent {
    /// Nothing stands before them: they are written now or when the turn begins.
    Written,
    /// The socket is full; they wait until the peer has read.
    Buffered,
    /// As [`Sent::Buffered`], and with them the buffer has reached its limit.
    Filled,
    /// The buffer had reached its limit already; they are dropped.
    Dropped,
    /// The connection takes no more bytes; they are dropped.
    Closed,
    /// The connection is over a descriptor that can only be read; they are dropped.
    ReadOnly,
}

/// What the owner finds when a connection is ready.
#[derive(Debug, Default)]
pub struct Taken {
    /// What was received, in order.
    pub events: Events,
    /// The socket had been full and everything is written now.
    pub drained: bool,
    /// The sending side is over. Of `events` only [`Event::Opened`] can be left.
    pub over: Option<Closed>,
}

/// A stream connection. Cheap to share; all methods may be called from any thread and never block.
pub struct Connection {
    remote: OnceLock<Peer>,
    origin: Arc<Origin>,
    tag: AtomicU64,
    number: AtomicU64,
    /// The owner owes the peer an answer.
    owes: AtomicBool,
    /// The place in the census.
    place: u32,
    shared: Arc<Shared>,
    /// There is one once a websocket handshake has agreed upon compression.
    compressor: OnceBox<Compressor>,
    state: Mutex<State>,
}

impl Drop for Connection {
    fn drop(&mut self) {
        let census = self.shared.census();
        census.vacate(self.place);
        let state = self.state.get_mut();
        census.ledger().requeue(state.accounted, 0);
        if state.holds {
            census.ledger().hold(false);
        }
        if self.origin.listener != 0 {
            census.ledger().leave(self.remote.get(), self.policy());
        }
    }
}

impl Connection {
    pub(crate) fn new(
        shared: Arc<Shared>,
        writer: WriteHalf,
        tls: Option<Session>,
        remote: Peer,
        origin: Arc<Origin>,
        protocol: Protocol,
        settings: Settings,
    ) -> Arc<Self> {
        let mut state = State::new(Some(writer), protocol, settings);
        state.tls = tls.map(Box::new);
        Self::with(shared, OnceLock::from(remote), origin, state)
    }

    fn with(
        shared: Arc<Shared>,
        remote: OnceLock<Peer>,
        origin: Arc<Origin>,
        state: State,
    ) -> Arc<Self> {
        let place = shared.census().reserve();
        let connection = Arc::new(Self {
            remote,
            origin,
            tag: AtomicU64::new(0),
            number: AtomicU64::new(0),
            owes: AtomicBool::new(false),
            place,
            shared,
            compressor: OnceBox::new(),
            state: Mutex::new(state),
        });
        connection.shared.census().fill(place, &connection);
        connection
    }

    /// The address of the other end; `None` before the connection is made.
    #[must_use]
    pub fn remote(&self) -> Option<&Peer> {
        self.remote.get()
    }

    /// Our own address, or `None` once the socket is gone.
    #[must_use]
    pub fn local(&self) -> Option<Peer> {
        self.state.lock().writer.as_ref()?.local().ok()
    }

    /// The owner has a descriptor of the socket too: when the connection is closed, the socket is shut down.
    pub(crate) fn share_socket(&self) {
        self.state.lock().seldom().duplicated = true;
    }

    /// A second descriptor of the socket, or `None` once it is gone or when the process has no descriptor left.
    ///
    /// Whoever keeps it does not keep the connection open: when the connection is closed, the socket is shut down.
    #[must_use]
    pub fn duplicate_socket(&self) -> Option<OwnedFd> {
        let mut state = self.state.lock();
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

    /// Bytes read from and written to the socket so far.
    #[must_use]
    pub fn traffic(&self) -> (u64, u64) {
        let state = self.state.lock();
        (state.bytes_read, state.bytes_written)
    }

    /// Bytes that wait to be written, those in files included.
    #[must_use]
    pub fn queued_bytes(&self) -> usize {
        let state = self.state.lock();
        let in_files = usize::try_from(state.send.len_in_files()).unwrap_or(usize::MAX);
        state.queued().saturating_add(in_files)
    }

    /// Bytes that wait for the peer to read, those in files left out; `None` when the socket has room.
    #[must_use]
    pub fn held_up_bytes(&self) -> Option<usize> {
        let state = self.state.lock();
        state.is_held_up().then(|| state.queued())
    }

    /// Whether more answers would only pile up: a file goes out, or an http client does not take what it was sent.
    #[must_use]
    pub fn is_behind(&self) -> bool {
        let state = self.state.lock();
        let is_slow = state.protocol == Protocol::Http && state.blocked;
        state.send.has_file() || is_slow && state.queued() >= EAGER_FLUSH
    }

    /// Whether a file is being sent.
    #[must_use]
    pub fn is_sending_file(&self) -> bool {
        self.state.lock().send.has_file()
    }

    /// Bytes that were received and wait for the owner, and those of an unfinished message.
    #[must_use]
    pub fn received_bytes(&self) -> usize {
        let state = self.state.lock();
        let undelivered = state.inbox.iter().map(Event::received_bytes);
        undelivered.sum::<usize>() + state.pending
    }

    /// Gives the connection the number that reports know it by.
    pub fn set_number(&self, number: u64) {
        self.number.store(number, Relaxed);
    }

    /// Whether messages can go out: the websocket handshake is done, or the protocol has none.
    #[must_use]
    pub fn is_upgraded(&self) -> bool {
        self.state.lock().upgrade == Upgrade::Done
    }

    /// Whether a websocket handshake waits for [`accept_upgrade`](Self::accept_upgrade) or a refusal.
    #[must_use]
    pub fn asks_upgrade(&self) -> bool {
        self.state.lock().upgrade == Upgrade::Asked
    }

    /// Tells the task of changed wishes. They hold for what has not been decoded yet.
    pub fn configure(&self, settings: Settings) {
        self.state.lock().settings = settings;
    }

    /// Cuts everything that the owner has not seen by another protocol: `unseen`, which it took and gives back, what has been decoded
    /// meanwhile, and what comes. Websocket begins with a handshake.
    ///
    /// What was decoded becomes bytes again, and loses what decoding has lost: the seams of chunks and fragments, masks, and trailers.
    pub fn set_protocol(self: &Arc<Self>, protocol: Protocol, unseen: Events) {
        let mut state = self.state.lock();
        if state.phase == Phase::Open {
            state.put_back(unseen);
            state.set_protocol(protocol);
            self.rouse(&mut state);
        }
    }

    /// There has been a websocket handshake that the owner has dealt with: websocket begins without one.
    pub fn skip_handshake(&self) {
        self.state.lock().shook_hands = true;
    }

    /// How received bytes are cut.
    #[must_use]
    pub fn protocol(&self) -> Protocol {
        self.state.lock().protocol
    }

    /// Takes everything that happened since the last call.
    pub fn take(self: &Arc<Self>) -> Taken {
        let mut state = self.state.lock();
        state.queued = false;
        if state.inbox_full {
            state.inbox_full = false;
            self.rouse(&mut state);
        }
        Taken {
            events: state.take_inbox(self.shared.turn()),
            drained: std::mem::take(&mut state.drained),
            over: state.over.take(),
        }
    }

    /// Gives back events that the owner does not want to handle now, because it paused the connection.
    /// They come again after [`Connection::resume`], unless the connection is over by then.
    pub fn put_back(&self, events: Events) {
        let mut state = self.state.lock();
        if state.phase == Phase::Open {
            state.put_back(events);
        }
    }

    /// The owner keeps `weight` more of what it took, since it cannot handle it yet. That counts as if it still waited here, until
    /// [`Connection::release`].
    pub fn hold(&self, weight: usize) {
        self.state.lock().seldom().held += weight;
    }

    /// The owner keeps nothing any more, and wants to be called.
    pub fn release(self: &Arc<Self>) {
        let mut state = self.state.lock();
        if let Some(seldom) = state.seldom_if_any() {
            seldom.held = 0;
        }
        if std::mem::take(&mut state.inbox_full) {
            self.rouse(&mut state);
        }
        self.announce(&mut state);
    }

    /// Stops reading from the socket.
    pub fn pause(&self) {
        self.state.lock().paused = true;
    }

    /// Reads again, and presents what was received before the pause.
    pub fn resume(self: &Arc<Self>) {
        let mut state = self.state.lock();
        state.paused = false;
        if !state.inbox.is_empty() {
            self.announce(&mut state);
        }
        self.rouse(&mut state);
    }

    /// Queues what `encode` appends. It leaves with everything else that is sent to this connection in the same turn, in one write.
    ///
    /// `limit` is the number of bytes from which a full socket's queue takes no more; one message beyond it is always taken.
    /// A websocket connection whose handshake is not finished keeps the bytes until it is.
    pub fn send(self: &Arc<Self>, limit: usize, encode: impl FnOnce(&mut Vec<u8>)) -> Sent {
        let mut state = self.state.lock();
        if let Some(refused) = state.refuses() {
            return refused;
        }
        if state.upgrade != Upgrade::Done {
            return self.send_early(&mut state, limit, encode);
        }
        self.enqueue(&mut state, limit, 0, |queue| encode(queue.tail()))
    }

    /// Keeps what is sent before the end of a websocket handshake.
    fn send_early(
        &self,
        state: &mut State,
        limit: usize,
        encode: impl FnOnce(&mut Vec<u8>),
    ) -> Sent {
        let ledger = self.shared.census().ledger();
        if ledger.is_full(state.waiting(), 0, self.policy().limits.queued_bytes) {
            return Sent::Dropped;
        }
        let sent = state.send_early(limit, encode);
        self.account(state);
        sent
    }

    /// As [`Connection::send`], but does not wait for a websocket handshake: for answers to the handshake itself.
    pub fn send_raw(self: &Arc<Self>, limit: usize, encode: impl FnOnce(&mut Vec<u8>)) -> Sent {
        let mut state = self.state.lock();
        if let Some(refused) = state.refuses() {
            return refused;
        }
        self.enqueue(&mut state, limit, 0, |queue| encode(queue.tail()))
    }

    /// Queues what `encode` appends, and a file behind it. The file is read as the socket takes it: it costs little memory, and its bytes
    /// count against no limit. If they cannot be read when their turn comes, the connection fails.
    pub fn send_file(
        self: &Arc<Self>,
        limit: usize,
        encode: impl FnOnce(&mut Vec<u8>),
        file: FileRange,
    ) -> Sent {
        let mut state = self.state.lock();
        if let Some(refused) = state.refuses() {
            return refused;
        }
        if state.blocked && state.send.len() >= limit {
            return Sent::Dropped;
        }
        encode(state.send.tail());
        state.send.push_file(file);
        if !state.blocked {
            self.flush_now(&mut state);
        }
        self.sent(&mut state, limit)
    }

    /// Queues what `append` appends, of which `counted` bytes are in the books of the process already.
    fn enqueue(
        self: &Arc<Self>,
        state: &mut State,
        limit: usize,
        counted: usize,
        append: impl FnOnce(&mut SendBuffer),
    ) -> Sent {
        if self.is_full(state, limit, counted) {
            return Sent::Dropped;
        }
        self.append(state, limit, counted, append)
    }

    /// Whether the queue takes no more, its own or that of the process.
    fn is_full(&self, state: &State, limit: usize, counted: usize) -> bool {
        let queued = state.queued();
        let ceiling = self.policy().limits.queued_bytes;
        let ledger = self.shared.census().ledger();
        state.is_held_up() && (queued >= limit || ledger.is_full(queued, counted, ceiling))
    }

    fn append(
        self: &Arc<Self>,
        state: &mut State,
        limit: usize,
        counted: usize,
        append: impl FnOnce(&mut SendBuffer),
    ) -> Sent {
        append(&mut state.send);
        state.messages = state.messages.wrapping_add(1);
        let (ledger, ceiling) = (
            self.shared.census().ledger(),
            self.policy().limits.queued_bytes,
        );
        let eager = if ledger.is_tight(ceiling) {
            1
        } else {
            EAGER_FLUSH.min(limit)
        };
        if !state.is_held_up() && state.send.len() >= eager {
            let has_room = !ledger.is_full(0, counted, ceiling);
            self.flush_now(state);
            if state.is_held_up() && !has_room {
                self.cut_short(state);
            }
        }
        self.sent(state, limit)
    }

    /// Parts from a peer that has taken some of a message, where the process has no room for the rest: what has begun cannot be dropped.
    fn cut_short(self: &Arc<Self>, state: &mut State) {
        self.count(|ledger| &ledger.slow);
        state.fail();
        self.rouse(state);
        self.announce_sending(state);
    }

    /// What became of what was queued last.
    fn sent(self: &Arc<Self>, state: &mut State, limit: usize) -> Sent {
        self.account(state);
        if state.phase == Phase::Closed {
            Sent::Closed
        } else if state.is_held_up() {
            if state.queued() >= limit {
                Sent::Filled
            } else {
                Sent::Buffered
            }
        } else {
            self.post(state);
            Sent::Written
        }
    }

    /// Answers a websocket handshake that [`Event::Upgrade`] told of, with `lines` as further header lines,
    /// and lets everything go that was sent meanwhile.
    pub fn accept_upgrade<L: AsRef<[u8]>>(
        self: &Arc<Self>,
        head: &[u8],
        lines: impl IntoIterator<Item = L>,
    ) {
        let mut state = self.state.lock();
        if state.phase != Phase::Open || state.upgrade != Upgrade::Asked {
            return;
        }
        let agreed = self.agree(head).map(String::into_bytes);
        let own = lines.into_iter().map(|line| line.as_ref().to_vec());
        handshake::accept(head, agreed.into_iter().chain(own), state.send.tail());
        state.upgraded();
        self.rouse(&mut state);
    }

    /// Closes once everything is written, and tells of nothing more that is received. Returns whether that was possible at once;
    /// if not, [`Taken::over`] will tell.
    ///
    /// To the owner the connection is closed then. A peer that is still sending gets a second more to read the answer, in the background:
    /// closing a socket with unread bytes makes TCP throw away what is on its way to the peer.
    pub fn close(self: &Arc<Self>) -> bool {
        let mut state = self.state.lock();
        if state.phase == Phase::Open || state.phase == Phase::Ending {
            state.phase = Phase::Closing;
            state.flush();
            // The return value tells what the event would.
            state.over.take();
            self.rouse(&mut state);
        }
        state.phase == Phase::Closed
    }

    /// Closes in the way that lets the peer read the answer: writes everything, shuts the sending side, and throws away what still arrives
    /// until the peer closes or `linger` has passed. [`Taken::over`] will tell.
    pub fn end(self: &Arc<Self>, linger: Duration) {
        let mut state = self.state.lock();
        if state.phase == Phase::Open {
            state.end(linger);
            self.flush_now(&mut state);
            self.rouse(&mut state);
        }
    }

    /// Parts from a peer that does not take what is sent to it: it has `linger` to take what waits for it and `farewell` behind that, and the
    /// rest is lost. [`Taken::over`] will tell.
    pub fn part_from_slow(self: &Arc<Self>, linger: Duration, farewell: impl FnOnce(&mut Vec<u8>)) {
        let mut state = self.state.lock();
        if state.phase == Phase::Open {
            self.count(|ledger| &ledger.slow);
            farewell(state.send.tail());
            state.end(linger);
            state.seldom().hurried = true;
            self.flush_now(&mut state);
            self.rouse(&mut state);
        }
    }

    /// Closes at once. Queued bytes are lost, and [`Connection::take`] finds nothing any more.
    ///
    /// After a [`Connection::close`] that has been carried out there is nothing left to lose.
    pub fn destroy(self: &Arc<Self>) {
        let mut state = self.state.lock();
        state.destroy();
        self.account(&mut state);
        if state.rouse {
            self.post(&mut state);
        }
    }

    /// Writes what is queued, now. The turn does this by itself; this is for owners who are about to end.
    pub fn flush(self: &Arc<Self>) {
        self.flush_now(&mut self.state.lock());
    }
}
