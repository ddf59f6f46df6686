//! One worker process, as the master knows it.

use std::time::{Duration, Instant};

use nix::sys::signal::kill;
use nix::unistd::Pid;

use super::{Exit, Slot};
use crate::Signal;
use crate::channel::{Heard, Receiver, Stage};
use crate::sockets::Sockets;
use crate::wait::Ended;

/// A worker process that was not collected yet.
#[derive(Debug)]
pub(super) struct Process {
    slot: Slot,
    pid: Pid,
    forked_at: Instant,
    stage: Stage,
    /// Whether a reload has asked it to end.
    is_asked: bool,
    /// When it is killed if it is still there.
    kill_at: Option<Instant>,
    /// `None` when nothing can be heard any more.
    receiver: Option<Receiver>,
    /// The sockets that it listens on.
    pub(super) sockets: Sockets,
}

/// A process that has ended.
#[derive(Debug)]
pub(super) struct Departed {
    pub(super) exit: Exit,
    pub(super) stage: Stage,
    pub(super) lived: Duration,
    /// Whether its end was nobody's failure: it was asked to end, or had given up its seat.
    pub(super) was_expected: bool,
    /// Whether it was to take the place of a process that lives on.
    pub(super) was_successor: bool,
}

/// How much is heard of one process before the others get their turn.
const MESSAGES: usize = 1024;

impl Process {
    /// A process that was forked just now.
    pub(super) fn new(slot: Slot, pid: Pid, receiver: Receiver) -> Self {
        Self {
            slot,
            pid,
            forked_at: Instant::now(),
            stage: Stage::Starting,
            is_asked: false,
            kill_at: None,
            receiver: Some(receiver),
            sockets: Sockets::default(),
        }
    }

    pub(super) const fn name(&self) -> (Slot, Pid) {
        (self.slot, self.pid)
    }

    pub(super) const fn slot(&self) -> Slot {
        self.slot
    }

    pub(super) const fn pid(&self) -> Pid {
        self.pid
    }

    pub(super) const fn stage(&self) -> Stage {
        self.stage
    }

    /// Whether it handles signals. One that is only starting could be ended by a signal that is not meant to.
    pub(super) fn takes_signals(&self) -> bool {
        self.stage >= Stage::Serving
    }

    pub(super) fn age(&self, now: Instant) -> Duration {
        now.saturating_duration_since(self.forked_at)
    }

    pub(super) const fn forked_at(&self) -> Instant {
        self.forked_at
    }

    pub(super) const fn is_asked(&self) -> bool {
        self.is_asked
    }

    pub(super) const fn kill_at(&self) -> Option<Instant> {
        self.kill_at
    }

    pub(super) const fn receiver(&self) -> Option<&Receiver> {
        self.receiver.as_ref()
    }

    /// Hears what the process has said. A socket that it forgets is closed among those of its `predecessors`, too.
    pub(super) fn hear(&mut self, predecessors: &mut Sockets) {
        for _ in 0..MESSAGES {
            let Some(receiver) = &self.receiver else {
                return;
            };
            match receiver.hear() {
                Heard::Nothing => return,
                Heard::Stage(stage) => self.stage = self.stage.max(stage),
                Heard::Keep(key, socket) => self.sockets.keep(key, socket),
                Heard::Forget(key) => {
                    drop((self.sockets.take(&key), predecessors.take(&key)));
                    receiver.forgotten();
                }
                Heard::Closed => self.receiver = None,
            }
        }
    }

    pub(super) fn ask(&mut self, signal: Signal, kill_at: Option<Instant>) {
        self.is_asked = true;
        self.kill_at = kill_at;
        send(self.pid, signal);
    }

    pub(super) fn kill_if_overdue(&mut self, now: Instant) {
        if self.kill_at.is_some_and(|at| at <= now) {
            self.kill_at = None;
            send(self.pid, Signal::SIGKILL);
        }
    }

    pub(super) fn depart(self, ended: Ended, was_expected: bool) -> Departed {
        Departed {
            exit: Exit {
                slot: self.slot,
                pid: self.pid,
                raw_status: ended.raw_status,
            },
            stage: self.stage,
            lived: self.forked_at.elapsed(),
            was_expected,
            was_successor: false,
        }
    }
}

/// A worker of another user can still be signalled by a master that was able to make it so.
pub(super) fn send(pid: Pid, signal: Signal) {
    let _ = kill(pid, signal);
}
