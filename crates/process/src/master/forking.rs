//! A worker process begins.

use std::io;
use std::time::{Duration, Instant};

use super::{Master, Observer, Place, SuperviseError};
use crate::channel::channel;
use crate::fork::{Fork, fork};
use crate::signal::Signals;

/// How long the master waits after a fork that failed. What the system lacked may be there again then.
const FORK_AGAIN_AFTER: Duration = Duration::from_secs(1);

/// The two sides of a fork.
enum Forked {
    /// The master; the process has this seat now.
    Parent,
    /// The worker.
    Child(Place),
}

impl Master {
    /// Fills the vacant seats. `Some` in a new worker.
    pub(super) fn fork_vacant<O: Observer>(
        &mut self,
        observer: &mut O,
    ) -> Result<Option<Place>, SuperviseError<O::Error>> {
        if self.fork_at().is_none_or(|at| at > Instant::now()) {
            return Ok(None);
        }
        while let Some(slot) = self.children.first_vacant(Instant::now()) {
            match self.fork_into(slot) {
                Ok(Forked::Parent) => {}
                Ok(Forked::Child(place)) => return Ok(Some(place)),
                Err(error) => {
                    self.fork_again_at = Some(Instant::now() + FORK_AGAIN_AFTER);
                    self.announce(observer, &format!("can not fork a worker: {error}"))?;
                    break;
                }
            }
        }
        Ok(None)
    }

    /// When a vacant seat is to be filled: a time that is over for at once, `None` if there is nothing to fill.
    pub(super) fn fork_at(&self) -> Option<Instant> {
        if self.shutdown.is_some() {
            return None;
        }
        let vacant_at = self.children.vacant_at(Instant::now())?;
        Some(
            self.fork_again_at
                .map_or(vacant_at, |again| again.max(vacant_at)),
        )
    }

    /// Forks one worker. The child comes back with nothing of the master in it.
    fn fork_into(&mut self, slot: super::Slot) -> io::Result<Forked> {
        let held = self.signals.as_ref().map(Signals::hold).transpose()?;
        let (channel, receiver) = channel()?;
        match fork()? {
            Fork::Parent(pid) => {
                self.children.occupy(slot, pid, receiver);
                Ok(Forked::Parent)
            }
            Fork::Child => {
                self.forget_everything();
                if let (Some(signals), Some(held)) = (self.signals.take(), held) {
                    signals.reset_in_child(held);
                }
                Ok(Forked::Child(Place { slot, channel }))
            }
        }
    }

    fn forget_everything(&mut self) {
        self.children.clear();
        self.departed.clear();
        self.exit_counts.clear();
        self.reload = None;
    }
}
