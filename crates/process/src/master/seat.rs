//! The place of one worker process, which is there when the process is not.

use std::time::Instant;

use nix::unistd::Pid;

use super::Slot;
use super::process::Process;
use crate::channel::Receiver;

/// A slot, and the process in it.
#[derive(Debug)]
pub(super) struct Seat {
    pub(super) slot: Slot,
    pub(super) process: Option<Process>,
    /// Whether any process has served here.
    pub(super) has_served: bool,
    /// Processes that have failed here, one after the other.
    failures: u32,
    /// When a vacant seat may be taken. `None` for at once.
    not_before: Option<Instant>,
}

impl Seat {
    pub(super) const fn new(slot: Slot) -> Self {
        Self {
            slot,
            process: None,
            has_served: false,
            failures: 0,
            not_before: None,
        }
    }

    pub(super) fn pid(&self) -> Option<Pid> {
        self.process.as_ref().map(Process::pid)
    }

    pub(super) fn hear(&mut self) {
        if let Some(process) = &mut self.process {
            process.hear();
            self.has_served |= process.takes_signals();
        }
    }

    pub(super) fn occupy(&mut self, pid: Pid, receiver: Receiver) {
        self.not_before = None;
        self.process = Some(Process::new(self.slot, pid, receiver));
    }

    /// When it may be taken, if it is vacant; `now` for at once.
    pub(super) fn vacant_at(&self, now: Instant) -> Option<Instant> {
        self.process
            .is_none()
            .then(|| self.not_before.unwrap_or(now))
    }

    /// Counts a failure. Returns how many there are in a row.
    pub(super) fn failed(&mut self) -> u32 {
        self.failures = self.failures.saturating_add(1);
        self.failures
    }

    pub(super) fn keep_vacant(&mut self, until: Instant) {
        self.not_before = Some(until);
    }

    pub(super) fn forgive(&mut self) {
        (self.failures, self.not_before) = (0, None);
    }
}
