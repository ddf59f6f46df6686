//! Signals to the master that runs.

use std::fs;
use std::io;

use nix::sys::signal::kill;
use nix::unistd::Pid;

use crate::Signal;
use crate::files::Files;
use crate::pid_file::PidFile;

/// Why the master was not told.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TellError {
    /// No master runs.
    #[error("not run")]
    NotRunning,
    /// The process of the pid file would be ended by the signal: it has the number of a master that is gone, or is one that is ending.
    #[error("the process {pid} is not ready for {}", crate::signal::name(*signal))]
    NotReady {
        /// The process.
        pid: Pid,
        /// What it does not handle.
        signal: Signal,
    },
    /// The master belongs to another user.
    #[error("can not signal the master process {pid}")]
    Signal {
        /// The master.
        pid: Pid,
        /// What the system said.
        source: io::Error,
    },
}

/// The master of the service, if it handles `signal`.
pub(super) fn find(files: &Files, signal: Signal) -> Result<Pid, TellError> {
    let pid = PidFile::new(&files.pid_file)
        .live_master()
        .ok_or(TellError::NotRunning)?;
    if handles(pid, signal) {
        Ok(pid)
    } else {
        Err(TellError::NotReady { pid, signal })
    }
}

/// Sends `signal` to a master that was found.
pub(super) fn send(pid: Pid, signal: Signal) -> Result<(), TellError> {
    kill(pid, signal).map_err(|error| TellError::Signal {
        pid,
        source: error.into(),
    })
}

/// Whether the signal would not end the process. One whose state may not be read is believed: it will not take our signals either.
fn handles(pid: Pid, signal: Signal) -> bool {
    let Ok(status) = fs::read_to_string(format!("/proc/{pid}/status")) else {
        return true;
    };
    let caught = status
        .lines()
        .find_map(|line| line.strip_prefix("SigCgt:"))
        .and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    caught.is_none_or(|mask| mask & (1 << (signal as u64 - 1)) != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signals_of_others_are_seen() {
        // A signal of the runtime of Rust's programs, and one that nobody here has touched.
        assert!(handles(Pid::this(), Signal::SIGSEGV));
        assert!(!handles(Pid::this(), Signal::SIGIO));
        assert!(handles(Pid::from_raw(i32::MAX), Signal::SIGIO));
    }
}
