//! Collecting the children that have ended.

use std::io;

use nix::unistd::Pid;

/// A child that has ended, with the status word of `wait(2)` as PHP's `pcntl_wait()` gives it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ended {
    pub(crate) pid: Pid,
    pub(crate) raw_status: i32,
}

/// Collects one child that has ended, without waiting for one.
///
/// Any child is taken, not only workers: a master that is the first process of a container inherits the orphans of all others.
///
/// The status is left undecoded, because it is handed to user code as it is, and because a decoder that knows no real-time signals
/// would lose a child that one of them killed.
pub(crate) fn collect() -> io::Result<Option<Ended>> {
    let mut raw_status = 0;
    // SAFETY: `raw_status` is valid for writing during the call.
    match unsafe { libc::waitpid(-1, &raw mut raw_status, libc::WNOHANG) } {
        0 => Ok(None),
        pid if pid > 0 => Ok(Some(Ended {
            pid: Pid::from_raw(pid),
            raw_status,
        })),
        _ => match io::Error::last_os_error() {
            error if error.raw_os_error() == Some(libc::ECHILD) => Ok(None),
            error => Err(error),
        },
    }
}
