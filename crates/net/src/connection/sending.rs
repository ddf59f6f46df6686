//! What the owner sends: it waits in the send buffer, within the limits of the connection and of the process.

use std::sync::Arc;

use super::{
    Connection,
    life::{Phase, Upgrade},
    state::State,
};
use crate::{file::FileRange, send_buffer::SendBuffer};

/// Queued bytes beyond which [`Connection::send`] writes at once instead of at the end of the turn, so that what it returns is true.
pub(crate) const EAGER_FLUSH: usize = 64 * 1024;

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

impl Connection {
    /// Queues what `encode` appends. It leaves with everything else that is sent to this connection in the same turn, in one write.
    ///
    /// `limit` is the number of bytes from which a full socket's queue takes no more; one message beyond it is always taken.
    /// A websocket connection whose handshake is not finished keeps the bytes until it is.
    pub fn send(self: &Arc<Self>, limit: usize, encode: impl FnOnce(&mut Vec<u8>)) -> Sent {
        let mut state = self.lock();
        if let Some(refused) = state.refuses() {
            return refused;
        }
        if state.upgrade != Upgrade::Done {
            return self.send_early(&mut state, limit, encode);
        }
        self.enqueue(&mut state, limit, 0, |queue| encode(queue.tail()))
    }

    /// Keeps what is sent before the end of a websocket handshake.
    pub(super) fn send_early(
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
        let mut state = self.lock();
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
        let mut state = self.lock();
        if let Some(refused) = state.refuses() {
            return refused;
        }
        if state.blocked && state.send.len() >= limit {
            return Sent::Dropped;
        }
        encode(state.send.tail());
        if state.is_held_up() {
            state.send.push_file(file);
        } else {
            state.send.push_file_now(file);
            if state.send.has_file() || state.send.len() >= self.eager(limit) {
                self.flush_now(&mut state);
            }
        }
        self.sent(&mut state, limit)
    }

    /// Queues what `append` appends, of which `counted` bytes are in the books of the process already.
    pub(super) fn enqueue(
        self: &Arc<Self>,
        state: &mut State,
        limit: usize,
        counted: usize,
        append: impl FnOnce(&mut SendBuffer),
    ) -> Sent {
        if state.is_held_up() && self.is_full(state, limit, counted) {
            return Sent::Dropped;
        }
        self.append(state, limit, counted, append)
    }

    /// Whether the queue of a connection that is held up takes no more, its own or that of the process.
    pub(super) fn is_full(&self, state: &State, limit: usize, counted: usize) -> bool {
        let queued = state.queued();
        let ceiling = self.policy().limits.queued_bytes;
        let ledger = self.shared.census().ledger();
        queued >= limit || ledger.is_full(queued, counted, ceiling)
    }

    /// Queues without asking whether there is room. Nearly always it leaves when the turn begins.
    pub(super) fn append(
        self: &Arc<Self>,
        state: &mut State,
        limit: usize,
        counted: usize,
        append: impl FnOnce(&mut SendBuffer),
    ) -> Sent {
        append(&mut state.send);
        state.messages = state.messages.wrapping_add(1);
        if state.is_held_up() {
            return self.sent(state, limit);
        }
        if state.send.len() >= self.eager(limit) {
            return self.write_much(state, limit, counted);
        }
        self.leaves(state)
    }

    /// Writes at once where much waits. What became of it comes back.
    #[cold]
    fn write_much(self: &Arc<Self>, state: &mut State, limit: usize, counted: usize) -> Sent {
        let ceiling = self.policy().limits.queued_bytes;
        let has_room = !self.shared.census().ledger().is_full(0, counted, ceiling);
        self.flush_now(state);
        if state.is_held_up() && !has_room {
            self.cut_short(state);
        }
        self.sent(state, limit)
    }

    /// Queued bytes from which on what can be written is written at once.
    fn eager(&self, limit: usize) -> usize {
        let ledger = self.shared.census().ledger();
        if ledger.is_tight(self.policy().limits.queued_bytes) {
            1
        } else {
            EAGER_FLUSH.min(limit)
        }
    }

    /// Parts from a peer that has taken some of a message, where the process has no room for the rest: what has begun cannot be dropped.
    fn cut_short(self: &Arc<Self>, state: &mut State) {
        self.count(|ledger| &ledger.slow);
        state.fail();
        self.rouse(state);
        self.announce_sending(state);
    }

    /// What became of what was queued last.
    #[cold]
    fn sent(self: &Arc<Self>, state: &mut State, limit: usize) -> Sent {
        if state.phase != Phase::Closed && !state.is_held_up() {
            return self.leaves(state);
        }
        self.account(state);
        if state.phase == Phase::Closed {
            Sent::Closed
        } else if state.queued() >= limit {
            Sent::Filled
        } else {
            Sent::Buffered
        }
    }

    /// Nothing stands before what was queued: it leaves when the turn begins.
    fn leaves(self: &Arc<Self>, state: &mut State) -> Sent {
        self.account(state);
        self.post(state);
        Sent::Written
    }
}
