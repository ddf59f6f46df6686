//! The master: forks the workers, replaces those that die, reloads them, and stops them all.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::io;
use std::time::Instant;

use nix::unistd::Pid;

use crate::Signal;
use crate::channel::Channel;
use crate::herald::Herald;
use crate::signal::Signals;
use crate::sockets::Sockets;

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
    /// Where it tells the master how far it has come, and on what it listens.
    pub channel: Channel,
    /// The sockets that its predecessors in this place listened on. They are to be closed when it serves.
    pub sockets: RefCell<Sockets>,
}

/// The two sides of a fork.
#[derive(Debug)]
pub enum Forked {
    /// The master: this process has the place now.
    Parent(Slot, Pid),
    /// A new worker process. Its signal mask is empty, and all signals but `SIGPIPE`, which stays ignored, have their default effect. The
    /// [`Master`] holds nothing any more here and is to be dropped or forgotten.
    ///
    /// Before it says that it is [serving](Channel::serving), it must handle the signals of [`signal`](crate::signal) for reloads and
    /// reports, which would end it otherwise.
    Child(Place),
}

/// What the caller of [`Master::next_event`] is to do. The master is not borrowed meanwhile: whatever is done may come back to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// Write a line to the log, without time, process and newline.
    Log(String),
    /// A signal of the master has arrived: [stop](Master::stop), [reload](Master::reload) or [report](Master::report) as it says.
    Signal(Signal),
    /// A worker has ended. The log line about it came before. Its replacement is forked after, unless it had one before.
    Exited(Exit),
    /// There is a [vacancy](Master::vacancy): [fork](Master::fork) until there is none. It is told again as long as there is one.
    Vacant,
    /// All workers are gone after a stop; [finish](Master::finish). It is told again when asked again.
    Stopped,
}

/// The master process of a service.
#[derive(Debug)]
pub struct Master {
    options: Options,
    children: Children,
    /// What was not told yet.
    events: VecDeque<Event>,
    exit_counts: ExitCounts,
    shutdown: Option<Shutdown>,
    reload: Option<Reload>,
    /// When the reload loses its patience with what it waits for.
    reload_again_at: Option<Instant>,
    /// Whether the service has been up.
    is_ready: bool,
    /// Who waits for the service to be up.
    herald: Option<Herald>,
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
            events: VecDeque::new(),
            exit_counts: ExitCounts::default(),
            shutdown: None,
            reload: None,
            reload_again_at: None,
            is_ready: false,
            herald: None,
            fork_again_at: None,
            signals: None,
        }
    }

    /// Leaves the sockets of processes of an earlier master to those in the same places. Where there is no such place, they are closed.
    pub fn inherit(&mut self, places: Vec<(Slot, Sockets)>) {
        for (slot, sockets) in places {
            if let Err(nobodys) = self.children.bequeath(slot, sockets) {
                nobodys.close();
            }
        }
    }

    /// Has `herald` tell when the service is up, or that a worker has ended before that.
    pub fn tell(&mut self, herald: Herald) {
        self.herald = Some(herald);
    }

    /// Takes the signals of the master from now on; what arrives is told by [`next_event`](Self::next_event), which takes them itself if
    /// this was not called.
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
