//! How the owner and the task of a connection reach each other: through the outbox, and through the queue of the ready.

use std::{
    hint::black_box,
    os::fd::RawFd,
    sync::{Arc, atomic::Ordering::Relaxed},
};

use parking_lot::MutexGuard;

use super::{
    Connection, Events, Taken,
    life::{Course, Phase, Presence},
    sending::EAGER_FLUSH,
    state::State,
};
use crate::{event::Event, runtime::Ready};

impl Connection {
    /// Leaves an event for the owner.
    pub(crate) fn tell(self: &Arc<Self>, event: Event) {
        let mut state = self.lock();
        state.receive_one(event);
        self.announce(&mut state);
    }

    /// Has the owner hear of a new connection, and those who watch over it.
    pub(crate) fn announce_opened(self: &Arc<Self>) {
        self.origin.arrive(self);
        let mut state = self.lock();
        state.presence = Presence::New;
        self.announce(&mut state);
    }

    /// Puts the connection into the queue of the ready although nothing may have happened on it.
    pub fn call_owner(self: &Arc<Self>) {
        self.announce(&mut self.lock());
    }

    /// Takes everything that happened since the last call.
    pub fn take(self: &Arc<Self>) -> Taken {
        let mut state = self.lock();
        state.queued = false;
        if state.inbox_full {
            state.inbox_full = false;
            self.rouse(&mut state);
        }
        Taken {
            events: state.take_inbox(self.shared.turn()),
            drained: std::mem::take(&mut state.drained),
            over: state.over.take(),
            standing: state.standing(),
        }
    }

    /// Gives back events that the owner does not want to handle now, because it paused the connection.
    /// They come again after [`Connection::resume`], unless the connection is over by then.
    pub fn put_back(&self, events: Events) {
        let mut state = self.lock();
        if state.phase == Phase::Open {
            state.put_back(events);
        }
    }

    /// The owner keeps `weight` more of what it took, since it cannot handle it yet. That counts as if it still waited here, until
    /// [`Connection::release`].
    pub fn hold(&self, weight: usize) {
        self.lock().seldom().held += weight;
    }

    /// The owner keeps nothing any more, and wants to be called.
    pub fn release(self: &Arc<Self>) {
        let mut state = self.lock();
        if let Some(seldom) = state.seldom_if_any() {
            seldom.held = 0;
        }
        if std::mem::take(&mut state.inbox_full) {
            self.rouse(&mut state);
        }
        self.announce(&mut state);
    }

    /// Looks at where a visit begins. Of very many clients the processor has nothing in its cache, and would wait for each one in its turn: what is looked at
    /// of several before the first is visited comes at the same time.
    pub(crate) fn touch(&self) {
        black_box(self.state.is_locked());
    }

    /// The alarm of the task goes off. From within the runtime.
    pub(crate) fn call_task(&self) {
        self.alarmed.store(true, Relaxed);
        self.lock().wake();
    }

    /// The turn's visit to a connection in the outbox.
    pub(crate) fn visit(self: &Arc<Self>) {
        let mut state = self.state.lock();
        state.course = Course::Idle;
        state.flush();
        if std::mem::take(&mut state.rouse) {
            state.wake();
        }
        self.announce_sending(&mut state);
        if let Some(socket) = state.lies_still(self.shared.turn()) {
            self.settle(&mut state, socket);
        }
    }

    /// Has letters written to a connection that lies still, unless what is sent to it may have to be compressed.
    #[cold]
    fn settle(self: &Arc<Self>, state: &mut State, socket: RawFd) {
        let letters = self.shared.letters();
        if self.compressor.get().is_none() && letters.settle(self, self.place, socket) {
            state.course = Course::Still;
            let ceiling = self.policy().limits.queued_bytes;
            self.shared.census().ledger().mind(ceiling);
        }
    }

    /// Queues a letter, or what is left of it. With the last one, the connection lies still no more.
    pub(crate) fn receive_letter(self: &Arc<Self>, letter: &[u8]) {
        let mut state = self.state.lock();
        if state.course == Course::Still && self.shared.letters().take_out(self.place) {
            // Nothing but the last one leads to anything: together they are not enough to be written at once.
            state.send.tail().extend_from_slice(letter);
            state.messages = state.messages.wrapping_add(1);
            return;
        }
        self.stir(&mut state);
        if state.refuses().is_none() {
            self.append(&mut state, EAGER_FLUSH, 0, |queue| {
                queue.tail().extend_from_slice(letter);
            });
        }
    }

    /// Locks the state, with everything in it that was sent before.
    #[inline]
    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        let state = self.state.lock();
        match state.course {
            Course::Still => self.lock_stirred(state),
            Course::Idle | Course::Posted => state,
        }
    }

    #[cold]
    fn lock_stirred<'a>(&'a self, mut state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
        if self.shared.letters().are_waiting(self.place) {
            drop(state);
            self.shared.deliver_letters(false);
            state = self.state.lock();
        }
        self.stir(&mut state);
        state
    }

    /// Ends that the connection lies still, if it does.
    fn stir(&self, state: &mut State) {
        if state.course == Course::Still {
            state.course = Course::Idle;
            let written = self.shared.letters().disturb(self.place);
            state.messages = state.messages.wrapping_add(written.messages);
            state.bytes_written += written.bytes;
        }
    }

    /// Writes what the socket takes, from outside of the runtime.
    pub(super) fn flush_now(self: &Arc<Self>, state: &mut State) {
        state.flush();
        if state.rouse {
            self.post(state);
        }
        self.announce_sending(state);
    }

    /// Has the task run in the next turn. Waking it directly from outside of the runtime would cost a system call.
    pub(super) fn rouse(self: &Arc<Self>, state: &mut State) {
        state.rouse = true;
        self.post(state);
    }

    /// Puts the connection into the outbox: it will be visited when the turn begins.
    pub(super) fn post(self: &Arc<Self>, state: &mut State) {
        if state.course != Course::Posted {
            state.course = Course::Posted;
            self.shared.post(Arc::clone(self));
        }
    }

    /// Puts the connection into the queue of the ready.
    pub(super) fn announce(self: &Arc<Self>, state: &mut State) {
        if !state.queued {
            state.queued = true;
            self.shared.announce(Ready::Connection(Arc::clone(self)));
        }
    }

    /// Keeps the books of the process.
    pub(super) fn account(&self, state: &mut State) {
        let waiting = state.waiting();
        // Every byte, even of what leaves when the turn begins: a little for each of many clients is much.
        let alone = waiting - state.send.len_of_shared();
        if alone != state.accounted {
            let ledger = self.shared.census().ledger();
            ledger.requeue(state.accounted, alone);
            state.accounted = alone;
        }
        // What leaves when the turn begins waits for nobody.
        let holds = !state.is_passing() && waiting > 0;
        if holds != state.holds {
            state.holds = holds;
            self.shared.census().ledger().count_holder(holds);
        }
    }

    /// Tells the owner what writing has brought, and the books as well.
    pub(super) fn announce_sending(self: &Arc<Self>, state: &mut State) {
        self.account(state);
        if state.drained || state.over.is_some() {
            self.announce(state);
        }
    }
}
