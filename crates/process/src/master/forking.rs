//! A worker process begins.

use std::io;
use std::time::{Duration, Instant};

use super::{Forked, Master, Place, Slot};
use crate::channel::channel;
use crate::fork::{Fork, fork};
use crate::signal::Signals;

/// How long the master waits after a fork that failed. What the system lacked may be there again then.
const FORK_AGAIN_AFTER: Duration = Duration::from_secs(1);

impl Master {
    /// The place that is to be filled next, if one is to be filled now. None while a signal waits to be told: it may be a stop.
    #[must_use]
    pub fn vacancy(&self) -> Option<Slot> {
        let is_due = self.fork_at().is_some_and(|at| at <= Instant::now());
        let is_signalled = self.signals.as_ref().is_some_and(Signals::are_waiting);
        (is_due && !is_signalled)
            .then(|| self.children.first_to_fill(Instant::now()))
            .flatten()
    }

    /// Forks the worker for the [vacancy](Self::vacancy) `slot`. Returns in both processes.
    ///
    /// # Errors
    ///
    /// The system's. There is no vacancy then for a second.
    pub fn fork(&mut self, slot: Slot) -> io::Result<Forked> {
        let forked = self.fork_into(slot);
        if forked.is_err() {
            self.fork_later();
        }
        forked
    }

    /// There is no vacancy for a second.
    pub fn fork_later(&mut self) {
        self.fork_again_at = Some(Instant::now() + FORK_AGAIN_AFTER);
    }

    /// When a seat is to be filled: a time that is over for at once, `None` if there is nothing to fill.
    pub(super) fn fork_at(&self) -> Option<Instant> {
        if self.shutdown.is_some() {
            return None;
        }
        let due_at = self.children.fill_at(Instant::now())?;
        Some(self.fork_again_at.map_or(due_at, |again| again.max(due_at)))
    }

    /// Forks one worker. The child comes back with nothing of the master in it.
    fn fork_into(&mut self, slot: Slot) -> io::Result<Forked> {
        let held = self.signals.as_ref().map(Signals::hold).transpose()?;
        let (channel, receiver) = channel()?;
        match fork()? {
            Fork::Parent(pid) => {
                self.children.occupy(slot, pid, receiver);
                Ok(Forked::Parent(slot, pid))
            }
            Fork::Child => {
                let sockets = self.children.take_sockets(slot);
                self.forget_everything();
                if let (Some(signals), Some(held)) = (self.signals.take(), held) {
                    signals.reset_in_child(held);
                }
                Ok(Forked::Child(Place {
                    slot,
                    channel,
                    sockets: sockets.into(),
                }))
            }
        }
    }

    fn forget_everything(&mut self) {
        self.children.clear();
        self.events.clear();
        self.exit_counts.clear();
        self.reload = None;
        self.herald = None;
    }
}
