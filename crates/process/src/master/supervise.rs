//! The life of the master.

use std::io;
use std::time::Instant;

use super::{Master, Observer, Role, Shutdown, SuperviseError};
use crate::{Signal, notify, signal};

impl Master {
    /// Forks all workers, then waits for signals and children: replaces those that end, and stops when told to.
    ///
    /// Returns more than once: [`Role::Worker`] in each worker, also in those forked later, and [`Role::Finished`] in the master. In a
    /// worker this value holds nothing any more and is to be dropped or forgotten.
    ///
    /// # Errors
    ///
    /// In the master only; see [`SuperviseError`].
    pub fn supervise<O: Observer>(
        &mut self,
        observer: &mut O,
    ) -> Result<Role, SuperviseError<O::Error>> {
        self.install_signals()?;
        loop {
            self.report_exits(observer)?;
            self.advance_reload(observer)?;
            self.send_due_signals();
            self.notify_when_ready();
            if self.shutdown.is_some() && self.children.are_all_gone() {
                return self.finish(observer);
            }
            // Signals go first: nobody is forked while a stop is waiting to be seen.
            let signal = self.next_signal()?;
            self.children
                .hear(Instant::now(), self.options.back_off.healthy_after);
            if let Some(signal) = signal {
                self.obey(signal, observer)?;
            } else if let Some(place) = self.fork_vacant(observer)? {
                return Ok(Role::Worker(place));
            }
        }
    }

    fn obey<O: Observer>(
        &mut self,
        signal: Signal,
        observer: &mut O,
    ) -> Result<(), SuperviseError<O::Error>> {
        match signal {
            Signal::SIGCHLD => Ok(self.collect_ended()?),
            signal::RELOAD | signal::GRACEFUL_RELOAD => self.begin_reload(signal, observer),
            signal::STATUS | signal::CONNECTIONS => self.report(signal, observer),
            signal => self.begin_stop(signal, observer),
        }
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

    /// Begins to stop, or hurries a stop that is under way: a graceful one becomes a forced one, never the other way round.
    fn begin_stop<O: Observer>(
        &mut self,
        signal: Signal,
        observer: &mut O,
    ) -> Result<(), SuperviseError<O::Error>> {
        let now = Instant::now();
        let graceful = signal == Signal::SIGQUIT;
        match &self.shutdown {
            Some(shutdown) if graceful || !shutdown.is_graceful() => {}
            _ if graceful => {
                self.shutdown = Some(Shutdown::graceful(now, self.options.graceful_timeout));
            }
            _ => {
                self.shutdown = Some(Shutdown::forced(
                    now,
                    self.options.daemonized,
                    self.options.stop_timeout,
                ))
            }
        }
        self.reload = None;
        self.reload_again_at = None;
        notify::stopping();
        self.announce(
            observer,
            &format!("received signal {}", signal::name(signal)),
        )?;
        self.announce(observer, "stopping")
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
            notify::ready();
        }
    }

    fn finish<O: Observer>(&mut self, observer: &mut O) -> Result<Role, SuperviseError<O::Error>> {
        // A file that stays names a process that is gone, which the next start sees.
        let _ = self.options.pid_file.remove();
        self.announce(observer, "has been stopped")?;
        observer.stopped().map_err(SuperviseError::Observer)?;
        self.signals = None;
        Ok(Role::Finished)
    }

    pub(super) fn announce<O: Observer>(
        &self,
        observer: &mut O,
        event: &str,
    ) -> Result<(), SuperviseError<O::Error>> {
        observer
            .log(&format!("Workerman[{}] {event}", self.options.start_file))
            .map_err(SuperviseError::Observer)
    }
}

fn earliest<const N: usize>(times: [Option<Instant>; N]) -> Option<Instant> {
    times.into_iter().flatten().min()
}
