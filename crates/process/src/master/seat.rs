//! The place of one worker process, which is there when the process is not.

use std::time::Instant;

use nix::unistd::Pid;

use super::Slot;
use super::process::{Departed, Process};
use crate::channel::Receiver;
use crate::sockets::Sockets;
use crate::wait::Ended;

/// A slot, and the process in it.
#[derive(Debug)]
pub(super) struct Seat {
    pub(super) slot: Slot,
    pub(super) process: Option<Process>,
    /// What a reload has forked to take the place of `process` as soon as it serves.
    pub(super) successor: Option<Process>,
    /// Whether a successor is to be forked.
    wants_successor: bool,
    /// The listening sockets of processes that had this seat, for the next one, which takes what it listens on as well.
    estate: Sockets,
    /// Whether any process has served here.
    pub(super) has_served: bool,
    /// Processes that have failed here, one after the other.
    failures: u32,
    /// When a vacant seat may be taken. `None` for at once.
    not_before: Option<Instant>,
}

impl Seat {
    pub(super) fn new(slot: Slot) -> Self {
        Self {
            slot,
            process: None,
            successor: None,
            wants_successor: false,
            estate: Sockets::default(),
            has_served: false,
            failures: 0,
            not_before: None,
        }
    }

    pub(super) fn pid(&self) -> Option<Pid> {
        self.process.as_ref().map(Process::pid)
    }

    /// The process and its successor.
    pub(super) fn processes(&self) -> impl Iterator<Item = &Process> {
        self.process.iter().chain(&self.successor)
    }

    pub(super) fn processes_mut(&mut self) -> impl Iterator<Item = &mut Process> {
        self.process.iter_mut().chain(&mut self.successor)
    }

    pub(super) fn hear(&mut self) {
        let has_served = self.process.as_ref().is_some_and(Process::takes_signals);
        for process in self.process.iter_mut().chain(&mut self.successor) {
            process.hear(&mut self.estate);
        }
        if !has_served {
            self.settle();
        }
    }

    /// A process that serves has what it wanted of its predecessors.
    fn settle(&mut self) {
        if self.process.as_ref().is_some_and(Process::takes_signals) {
            self.has_served = true;
            self.estate.clear();
        }
    }

    /// Takes the seat, or the place behind the one who has it.
    pub(super) fn occupy(&mut self, pid: Pid, receiver: Receiver) {
        let newcomer = Process::new(self.slot, pid, receiver);
        self.wants_successor = false;
        if self.process.is_some() {
            self.successor = Some(newcomer);
        } else {
            self.not_before = None;
            self.process = Some(newcomer);
        }
    }

    /// The process leaves the seat to its successor, if there is one, and its sockets to whoever is next.
    pub(super) fn vacate(&mut self) -> Option<Process> {
        let mut process = self.process.take()?;
        self.estate.adopt(std::mem::take(&mut process.sockets));
        self.process = self.successor.take();
        self.settle();
        Some(process)
    }

    /// Takes an ended process out.
    pub(super) fn remove(&mut self, ended: Ended) -> Option<Departed> {
        let is_it = |process: &mut Process| process.pid() == ended.pid;
        // What it has said before its end counts.
        self.hear();
        if let Some(successor) = self.successor.take_if(is_it) {
            let was_expected = successor.is_asked();
            return Some(Departed {
                was_successor: true,
                ..successor.depart(ended, was_expected)
            });
        }
        if self.pid() != Some(ended.pid) {
            return None;
        }
        let process = self.vacate()?;
        if !self.has_served {
            // What an earlier master has left may be what the process has failed on.
            self.estate.clear();
        }
        let was_expected = process.is_asked();
        Some(process.depart(ended, was_expected))
    }

    pub(super) const fn call_successor(&mut self) {
        self.wants_successor = true;
    }

    /// When a process is to be forked for it, if one is; `now` for at once.
    pub(super) fn fill_at(&self, now: Instant) -> Option<Instant> {
        if self.process.is_none() {
            return Some(self.not_before.unwrap_or(now));
        }
        (self.wants_successor && self.successor.is_none()).then_some(now)
    }

    /// All sockets that were bound by processes of this seat.
    pub(super) fn take_sockets(&mut self) -> Sockets {
        let mut sockets = std::mem::take(&mut self.estate);
        if let Some(process) = &mut self.process {
            sockets.adopt(std::mem::take(&mut process.sockets));
        }
        sockets
    }

    /// Leaves sockets to the next process.
    pub(super) fn bequeath(&mut self, sockets: Sockets) {
        self.estate.adopt(sockets);
    }

    /// Counts a failure. Returns how many there are in a row.
    pub(super) fn failed(&mut self) -> u32 {
        self.failures = self.failures.saturating_add(1);
        self.failures
    }

    /// Nobody takes the seat before then. Clients are refused meanwhile, rather than kept waiting.
    pub(super) fn keep_vacant(&mut self, until: Instant) {
        self.not_before = Some(until);
        self.estate.clear();
    }

    pub(super) fn forgive(&mut self) {
        (self.failures, self.not_before) = (0, None);
    }
}
