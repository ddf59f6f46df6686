//! The life of the master.

use std::io;
use std::time::Instant;

use nix::unistd::Pid;

use super::{Event, Master, Options, Shutdown};
use crate::handover::{self, Inheritance};
use crate::signal::Signals;
use crate::sockets::Sockets;
use crate::{Signal, notify};

impl Master {
    /// Waits until there is something to do that is the caller's.
    ///
    /// What the master does by itself meanwhile: it collects the processes that have ended, hears the others, takes the next step of a
    /// reload, and sends the signals that are due.
    ///
    /// # Errors
    ///
    /// A system call failed that does not fail. The workers live on.
    pub fn next_event(&mut self) -> io::Result<Event> {
        self.install_signals()?;
        loop {
            if let Some(event) = self.events.pop_front() {
                return Ok(event);
            }
            self.advance_reload();
            self.send_due_signals();
            self.notify_when_ready();
            if !self.events.is_empty() {
                continue;
            }
            if self.shutdown.is_some() && self.children.are_all_gone() {
                return Ok(Event::Stopped);
            }
            // Signals go first: nobody is forked while a stop is waiting to be seen.
            let signal = self.next_signal()?;
            self.children
                .hear(Instant::now(), self.options.back_off.healthy_after);
            match signal {
                Some(Signal::SIGCHLD) => self.collect_ended()?,
                Some(signal) => return Ok(Event::Signal(signal)),
                None if self.vacancy().is_some() => return Ok(Event::Vacant),
                None => {}
            }
        }
    }

    /// Begins to stop, or hurries a stop that is under way: a graceful one becomes a forced one, never the other way round.
    ///
    /// The sockets that were bound for all processes, and those that were kept for each, are handed over to a `restart` that waits for
    /// them. Without one they are closed: clients shall be refused rather than wait for nobody.
    pub fn stop(&mut self, graceful: bool, shared: Sockets) {
        let inheritance = Inheritance {
            shared,
            places: self.children.take_all_sockets(),
        };
        let is_handed_over = handover::give(&self.options.handover_file, inheritance)
            .map_err(Inheritance::close)
            .is_ok();
        let now = Instant::now();
        let Options {
            ctrl_c_head_start,
            stop_timeout,
            graceful_timeout,
            ..
        } = self.options;
        let is_by_terminal = |signals: &Signals| signals.is_interrupted_by_terminal();
        let interrupt = match self.signals.as_ref().is_some_and(is_by_terminal) {
            true => now + ctrl_c_head_start,
            false => now,
        };
        match &self.shutdown {
            Some(shutdown) if graceful || !shutdown.is_graceful() => {}
            _ if graceful => self.shutdown = Some(Shutdown::graceful(now, graceful_timeout)),
            _ if is_handed_over => self.shutdown = Some(Shutdown::handed_over(now, stop_timeout)),
            _ => self.shutdown = Some(Shutdown::forced(interrupt, stop_timeout)),
        }
        self.reload = None;
        self.reload_again_at = None;
        notify::stopping();
    }

    /// Forks no more. The service has [stopped](super::Event::Stopped) when the workers have ended, of which somebody else takes care.
    pub fn stop_forking(&mut self) {
        self.shutdown.get_or_insert_with(Shutdown::unattended);
    }

    /// Whether a stop is under way.
    #[must_use]
    pub const fn is_stopping(&self) -> bool {
        self.shutdown.is_some()
    }

    /// Removes the pid file and gives the signals back, when everything has [stopped](Event::Stopped).
    pub fn finish(&mut self) {
        // A file that stays names a process that is gone, which the next start sees.
        let _ = self.options.pid_file.remove();
        self.signals = None;
    }

    /// Waits until a signal arrives, a worker says something, or something is due.
    fn next_signal(&self) -> io::Result<Option<Signal>> {
        let due = match &self.shutdown {
            Some(shutdown) => shutdown.next_at(),
            None => earliest([self.fork_at(), self.reload_again_at]),
        };
        let due = earliest([due, self.children.kill_at()]);
        let timeout = due.map(|at| at.saturating_duration_since(Instant::now()));
        self.signals.as_ref().map_or(Ok(None), |signals| {
            signals.next(timeout, &self.children.receivers())
        })
    }

    fn send_due_signals(&mut self) {
        let now = Instant::now();
        while let Some(signal) = self
            .shutdown
            .as_mut()
            .and_then(|shutdown| shutdown.take_due(now))
        {
            self.children.signal(signal);
        }
        self.children.kill_overdue(now);
    }

    /// Tells systemd once that the service is up: when every seat has had a process that served.
    fn notify_when_ready(&mut self) {
        if !self.is_ready && self.shutdown.is_none() && self.children.have_all_served() {
            self.is_ready = true;
            self.notify_ready();
            if let Some(herald) = self.herald.take() {
                herald.up();
            }
        }
    }

    pub(super) fn notify_ready(&self) {
        notify::ready(self.options.daemonized.then(Pid::this));
    }

    pub(super) fn log(&mut self, line: String) {
        self.events.push_back(Event::Log(line));
    }

    pub(super) fn announce(&mut self, event: &str) {
        self.log(format!("Workerman[{}] {event}", self.options.start_file));
    }
}

fn earliest<const N: usize>(times: [Option<Instant>; N]) -> Option<Instant> {
    times.into_iter().flatten().min()
}
