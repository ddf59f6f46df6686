//! The master: forks the workers, replaces those that die, reloads them, and stops them all.

use std::collections::VecDeque;
use std::io;
use std::time::Instant;

use nix::unistd::Pid;

use crate::channel::Channel;
use crate::signal::Signals;

mod back_off;
mod children;
mod exits;
mod forking;
mod options;
mod process;
mod reload;
mod reporting;
mod seat;
mod shutdown;
mod supervise;

pub use back_off::BackOff;
use children::Children;
use exits::ExitCounts;
pub use options::{Group, Options};
use process::Departed;
use reload::Reload;
use shutdown::Shutdown;

/// The name of the place of one worker process. It stays when the process is replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slot {
    /// The index in [`Options::groups`].
    pub group: usize,
    /// The number within the group, from 0.
    pub id: usize,
}

/// A worker process that has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exit {
    /// The place it had.
    pub slot: Slot,
    /// The process it was.
    pub pid: Pid,
    /// The status word of `wait(2)`: `exit(3)` is 768, a kill by `SIGKILL` is 9. 0 for a process that somebody else has collected.
    pub raw_status: i32,
}

/// What a new worker process is given.
#[derive(Debug)]
pub struct Place {
    /// Which worker it is.
    pub slot: Slot,
    /// Where it tells the master how far it has come.
    pub channel: Channel,
}

/// Which process the caller of [`Master::supervise`] is in now.
#[derive(Debug)]
pub enum Role {
    /// A new worker process. Its signal mask is empty, and all signals but `SIGPIPE`, which stays ignored, have their default effect.
    ///
    /// Before it says that it is [serving](Channel::serving), it must handle the signals of [`signal`](crate::signal) for reloads and
    /// reports, which would end it otherwise.
    Worker(Place),
    /// The master, after a stop, with no worker left.
    Finished,
}

/// What is told of the life of the workers. All calls are made in the master, and none while this crate holds a lock.
///
/// An error ends [`Master::supervise`] with it.
pub trait Observer {
    /// What can go wrong in the observer.
    type Error;

    /// A line for the log, without time, process and newline.
    ///
    /// # Errors
    ///
    /// The observer's own.
    fn log(&mut self, line: &str) -> Result<(), Self::Error>;

    /// A worker has ended. The log line about it was given before. Its replacement is forked after, unless it had one before.
    ///
    /// # Errors
    ///
    /// The observer's own.
    fn worker_exited(&mut self, exit: &Exit) -> Result<(), Self::Error>;

    /// A reload begins. The answer is what there is to be from now on; the counts may have changed.
    ///
    /// # Errors
    ///
    /// The observer's own. The reload goes on without the answer when supervision is taken up again.
    fn reloading(&mut self) -> Result<Vec<Group>, Self::Error>;

    /// All workers are gone after a stop, the pid file is removed, and the log says so.
    ///
    /// # Errors
    ///
    /// The observer's own.
    fn stopped(&mut self) -> Result<(), Self::Error>;
}

/// Why supervision ended early. The workers live on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SuperviseError<E> {
    /// A system call failed that does not fail.
    #[error("can not supervise the workers")]
    Io(#[from] io::Error),
    /// The observer gave up. Supervision may be taken up again by another call.
    #[error("the observer of the workers failed")]
    Observer(E),
}

/// The master process of a service.
#[derive(Debug)]
pub struct Master {
    options: Options,
    children: Children,
    /// Workers that have ended and were not reported yet.
    departed: VecDeque<Departed>,
    exit_counts: ExitCounts,
    shutdown: Option<Shutdown>,
    reload: Option<Reload>,
    /// When the reload loses its patience with what it waits for.
    reload_again_at: Option<Instant>,
    /// Whether the service has been up.
    is_ready: bool,
    /// When to try again after a failed fork.
    fork_again_at: Option<Instant>,
    signals: Option<Signals>,
}

impl Master {
    /// A master with nothing running yet.
    #[must_use]
    pub fn new(options: Options) -> Self {
        Self {
            children: Children::vacant(&options.groups),
            options,
            departed: VecDeque::new(),
            exit_counts: ExitCounts::default(),
            shutdown: None,
            reload: None,
            reload_again_at: None,
            is_ready: false,
            fork_again_at: None,
            signals: None,
        }
    }

    /// Takes the signals of the master from now on; what arrives is acted on by [`supervise`](Self::supervise), which takes them
    /// itself if this was not called.
    ///
    /// For the time between the writing of the pid file and the first fork: without it, a signal then ends the process and leaves the
    /// file behind.
    ///
    /// # Errors
    ///
    /// The system's; none is expected.
    pub fn install_signals(&mut self) -> io::Result<()> {
        if self.signals.is_none() {
            self.signals = Some(Signals::install()?);
        }
        Ok(())
    }

    /// The worker processes that run, in the order of the groups and ids, those that have been replaced last. In a worker there are none.
    pub fn pids(&self) -> impl Iterator<Item = (Slot, Pid)> {
        self.children.running()
    }
}
