//! A reload: the workers are replaced while the service goes on.

use std::time::Instant;

use nix::unistd::Pid;

use super::process::{Departed, send};
use super::{Master, Observer, Slot, SuperviseError};
use crate::{Signal, notify, signal};

mod order;

pub(super) use order::Reload;
use order::{Action, Limits};

impl Master {
    /// Asks the script what there is to be now, tells those that stay, and begins to replace the others.
    ///
    /// A script that fails in this does not prevent the reload, which goes on with what was known before when supervision is taken up
    /// again.
    pub(super) fn begin_reload<O: Observer>(
        &mut self,
        signal: Signal,
        observer: &mut O,
    ) -> Result<(), SuperviseError<O::Error>> {
        if self.shutdown.is_some() || self.reload.is_some() {
            let reason = if self.reload.is_some() {
                "one is under way"
            } else {
                "the service is stopping"
            };
            return self.announce(observer, &format!("reload ignored: {reason}"));
        }
        self.announce(observer, "reloading")?;
        let groups = observer.reloading();
        if let Ok(groups) = &groups {
            self.options.groups.clone_from(groups);
        }
        self.notify_reloading();
        self.start_reload(signal);
        groups.map(drop).map_err(SuperviseError::Observer)
    }

    fn start_reload(&mut self, signal: Signal) {
        let graceful = signal == signal::GRACEFUL_RELOAD;
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
    pub(super) fn advance_reload<O: Observer>(
        &mut self,
        observer: &mut O,
    ) -> Result<(), SuperviseError<O::Error>> {
        loop {
            let Some(reload) = &mut self.reload else {
                return Ok(());
            };
            match reload.next(&self.children, Instant::now()) {
                Action::Ask(pid) => {
                    let signal = reload_signal(reload.graceful);
                    self.ask(pid, signal);
                }
                Action::Retire(slot) => self.children.retire(slot),
                Action::GiveUp(slot, pid) => {
                    let worker = self.describe(slot, pid);
                    self.announce(
                        observer,
                        &format!("{worker} does not serve yet, the reload goes on without it"),
                    )?;
                }
                Action::Wait(until) => {
                    self.reload_again_at = until;
                    return Ok(());
                }
                Action::Finish => {
                    let replaced = reload.replaced;
                    self.end_reload();
                    return self.announce(
                        observer,
                        &format!("reloaded, processes replaced: {replaced}"),
                    );
                }
            }
        }
    }

    /// Stops a reload that would replace good processes by ones that do not work.
    pub(super) fn stop_broken_reload<O: Observer>(
        &mut self,
        departed: &Departed,
        observer: &mut O,
    ) -> Result<(), SuperviseError<O::Error>> {
        let Some(reload) = self.reload.take_if(|reload| reload.is_broken_by(departed)) else {
            return Ok(());
        };
        self.end_reload();
        let worker = self.describe(departed.exit.slot, departed.exit.pid);
        let remaining = reload.remaining();
        let event = format!(
            "reload stopped: {worker} ended before it served, processes not replaced: {remaining}"
        );
        notify::status(&event);
        self.announce(observer, &event)
    }

    fn end_reload(&mut self) {
        self.reload = None;
        self.reload_again_at = None;
        if self.is_ready {
            notify::ready();
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
