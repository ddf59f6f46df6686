//! The ways in which the owner ends a connection.

use std::{sync::Arc, time::Duration};

use super::{Connection, life::Phase, state::State};

impl Connection {
    /// Closes once everything is written, and tells of nothing more that is received. Returns whether that was possible at once;
    /// if not, [`Taken::over`](super::Taken::over) will tell.
    ///
    /// To the owner the connection is closed then. A peer that is still sending gets a second more to read the answer, in the background:
    /// closing a socket with unread bytes makes TCP throw away what is on its way to the peer.
    pub fn close(self: &Arc<Self>) -> bool {
        let mut state = self.lock();
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
    /// until the peer closes or `linger` has passed. [`Taken::over`](super::Taken::over) will tell.
    pub fn end(self: &Arc<Self>, linger: Duration) {
        let mut state = self.lock();
        if state.phase == Phase::Open {
            state.end(linger);
            self.flush_now(&mut state);
            self.rouse(&mut state);
        }
    }

    /// Parts from a peer that does not take what is sent to it: it has `linger` to take what waits for it and `farewell` behind that, and the
    /// rest is lost. [`Taken::over`](super::Taken::over) will tell.
    pub fn part_from_slow(self: &Arc<Self>, linger: Duration, farewell: impl FnOnce(&mut Vec<u8>)) {
        let mut state = self.lock();
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
        self.destroy_in(&mut self.lock());
    }

    /// Writes what the socket takes of the queued bytes, and then closes as [`Connection::destroy`] does.
    pub fn flush_and_destroy(self: &Arc<Self>) {
        let mut state = self.lock();
        if state.queued() > 0 || state.send.has_file() {
            state.flush();
        }
        self.destroy_in(&mut state);
    }

    fn destroy_in(self: &Arc<Self>, state: &mut State) {
        state.destroy();
        self.account(state);
        if state.rouse && !state.is_left() {
            self.post(state);
        }
    }
}
