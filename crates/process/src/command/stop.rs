//! `stop`: ask the master to end, and see that it does.

use std::io;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::poll::{PollTimeout, poll};
use nix::sys::signal::kill;
use nix::unistd::Pid;

use crate::Signal;
use crate::files::Files;
use crate::liveness::is_alive;
use crate::pid_file::PidFile;

/// How long the master may take beyond the time that it gives its workers.
const GRACE: Duration = Duration::from_secs(3);

/// How often the end of the master is looked for, in milliseconds.
const STEP: u16 = 10;

/// How to stop.
#[derive(Clone, Copy, Debug)]
pub struct StopOptions {
    /// Wait for the connections that are open, however long they last.
    pub graceful: bool,
    /// The time that the master gives its workers before it kills them.
    pub stop_timeout: Duration,
}

/// The master has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stopped {
    /// The process that was the master.
    pub pid: Pid,
}

/// Why nothing was stopped.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StopError {
    /// No master runs.
    #[error("not run")]
    NotRunning,
    /// The master belongs to another user.
    #[error("can not signal the master process {pid}")]
    Signal {
        /// The master.
        pid: Pid,
        /// What the system said.
        source: io::Error,
    },
    /// The master got the signal and did not end in time.
    #[error("the master process {pid} did not stop in time")]
    TimedOut {
        /// The master.
        pid: Pid,
    },
}

/// Stops the service of `files`, and returns when its master is gone.
///
/// A graceful stop waits without limit; any other gives up three seconds after the workers should have been killed.
///
/// # Errors
///
/// See [`StopError`].
pub fn stop(files: &Files, options: StopOptions) -> Result<Stopped, StopError> {
    let pid = PidFile::new(&files.pid_file)
        .live_master()
        .ok_or(StopError::NotRunning)?;
    let signal = if options.graceful {
        Signal::SIGQUIT
    } else {
        Signal::SIGINT
    };
    match kill(pid, signal) {
        Ok(()) => {}
        Err(Errno::ESRCH) => return Ok(Stopped { pid }),
        Err(error) => {
            return Err(StopError::Signal {
                pid,
                source: error.into(),
            });
        }
    }
    let deadline = if options.graceful {
        None
    } else {
        Instant::now().checked_add(options.stop_timeout.saturating_add(GRACE))
    };
    if wait_for_end(pid, deadline) {
        Ok(Stopped { pid })
    } else {
        Err(StopError::TimedOut { pid })
    }
}

/// Whether `pid` ended before the deadline.
///
/// A process that is not our child tells nobody of its end, except through a pidfd, which older kernels in use do not have. So it is
/// looked at in small steps, here and nowhere else.
fn wait_for_end(pid: Pid, deadline: Option<Instant>) -> bool {
    while is_alive(pid) {
        if deadline.is_some_and(|deadline| Instant::now() >= deadline) {
            return false;
        }
        // Nothing is polled: this is the step. An interruption only makes it shorter.
        let _ = poll(&mut [], PollTimeout::from(STEP));
    }
    true
}
