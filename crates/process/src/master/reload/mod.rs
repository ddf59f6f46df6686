//! A reload: the workers are replaced while the service goes on.

use std::time::Instant;

use nix::unistd::Pid;

use super::process::{Departed, send};
use super::{Group, Master, Slot};
use crate::{Signal, notify, signal};

mod order;

pub(super) use order::Reload;
use order::{Action, Limits};

impl Master {
    /// Why a reload would be refused now.
    #[must_use]
    pub fn refuses_reload(&self) -> Option<&'static str> {
        match (&self.shutdown, &self.reload) {
            (Some(_), _) => Some("the service is stopping"),
            (_, Some(_)) => Some("one is under way"),
            _ => None,
        }
    }

    /// Whether a reload is under way.
    #[must_use]
    pub const fn is_reloading(&self) -> bool {
        self.reload.is_some()
    }

    /// Begins to make the service what `groups` says, whose counts may have changed: tells the processes that stay, and replaces the others.
    /// Does nothing when a reload [is refused](Self::refuses_reload).
    pub fn reload(&mut self, groups: Vec<Group>, graceful: bool) {
        if self.refuses_reload().is_some() {
            return;
        }
        self.options.groups = groups;
        self.notify_reloading();
        let signal = reload_signal(graceful);
        self.children.forgive_all();
        for (slot, pid) in self.children.arrange(&self.options.groups) {
            self.dismiss(slot, pid, signal);
        }
        let staying = self.children.processes().filter(|process| {
            let is_retired = self.children.is_retired(process.pid());
            !is_retired && process.takes_signals() && !self.is_reloadable(process.slot())
        });
        staying.for_each(|process| send(process.pid(), signal));
        let limits = Limits {
            drain: self.options.stop_timeout,
            serve: self.options.serve_timeout,
        };
        let is_replaced = |slot| self.is_reloadable(slot);
        self.reload = Some(Reload::of(&self.children, is_replaced, graceful, limits));
    }

    /// Does what the reload is ready for.
    pub(super) fn advance_reload(&mut self) {
        loop {
            let Some(reload) = &mut self.reload else {
                return;
            };
            match reload.next(&self.children, Instant::now()) {
                Action::Begin(slot) => self.children.call_successor(slot),
                Action::Succeed(slot) => {
                    let signal = reload_signal(reload.graceful);
                    if let Some(pid) = self.children.retire(slot) {
                        self.ask(pid, signal);
                    }
                }
                Action::GiveUp(slot, pid) => {
                    let remaining = reload.remaining();
                    if self.children.successor(slot).is_some() {
                        self.children.ask(pid, Signal::SIGKILL, None);
                    }
                    let reason = format!("{} does not serve in time", self.describe(slot, pid));
                    return self.stop_reload(&reason, remaining);
                }
                Action::Wait(until) => {
                    self.reload_again_at = until;
                    return;
                }
                Action::Finish => {
                    let replaced = reload.replaced;
                    self.end_reload();
                    return self.announce(&format!("reloaded, processes replaced: {replaced}"));
                }
            }
        }
    }

    /// Stops a reload that would replace good processes by ones that do not work.
    pub(super) fn stop_broken_reload(&mut self, departed: &Departed) {
        let Some(reload) = self.reload.take_if(|reload| reload.is_broken_by(departed)) else {
            return;
        };
        let worker = self.describe(departed.exit.slot, departed.exit.pid);
        let reason = format!("{worker} ended before it served");
        self.stop_reload(&reason, reload.remaining());
    }

    fn stop_reload(&mut self, reason: &str, remaining: usize) {
        self.end_reload();
        let event = format!("reload stopped: {reason}, processes not replaced: {remaining}");
        notify::status(&event);
        self.announce(&event);
    }

    fn end_reload(&mut self) {
        self.reload = None;
        self.reload_again_at = None;
        if self.is_ready {
            self.notify_ready();
        }
    }

    fn notify_reloading(&self) {
        if self.is_ready {
            notify::reloading();
        }
    }

    /// Ends a process that has lost its seat because the script wants fewer of them.
    fn dismiss(&mut self, slot: Slot, pid: Pid, signal: Signal) {
        let is_serving = self
            .children
            .processes()
            .any(|process| process.pid() == pid && process.takes_signals());
        let signal = match signal {
            // It does not know yet how to end in any other way.
            _ if !is_serving => Signal::SIGTERM,
            signal if self.is_reloadable(slot) => signal,
            signal::GRACEFUL_RELOAD => Signal::SIGQUIT,
            _ => Signal::SIGTERM,
        };
        self.ask(pid, signal);
    }

    fn ask(&mut self, pid: Pid, signal: Signal) {
        let is_graceful = matches!(signal, signal::GRACEFUL_RELOAD | Signal::SIGQUIT);
        let patience = if is_graceful {
            self.options.graceful_timeout
        } else {
            self.options.drain.checked_add(self.options.stop_timeout)
        };
        // A time too far to be expressed is never reached.
        let kill_at = patience.and_then(|patience| Instant::now().checked_add(patience));
        self.children.ask(pid, signal, kill_at);
    }

    /// A group that is gone counts as reloadable: its processes end as those that are replaced.
    fn is_reloadable(&self, slot: Slot) -> bool {
        self.options
            .groups
            .get(slot.group)
            .is_none_or(|group| group.reloadable)
    }
}

const fn reload_signal(graceful: bool) -> Signal {
    if graceful {
        signal::GRACEFUL_RELOAD
    } else {
        signal::RELOAD
    }
}
