//! Leaving the terminal.

use std::fs::OpenOptions;
use std::io;
use std::os::fd::{AsRawFd, IntoRawFd};
use std::path::Path;

use nix::fcntl::{FcntlArg, FdFlag, fcntl};
use nix::libc::STDERR_FILENO;
use nix::sys::stat::{Mode, umask};
use nix::unistd::{dup2_stderr, dup2_stdin, dup2_stdout, setsid};

use crate::fork::{Fork, fork};
use crate::herald::{Herald, Waiting, herald};

/// Which process returned from [`daemonize`].
#[derive(Debug)]
#[must_use = "the parents must end"]
pub enum Daemonized {
    /// The calling process. It can wait for the daemon, and is to end then.
    Parent(Waiting),
    /// The process between, which is to end at once.
    Between,
    /// The daemon: in a session of its own, with no terminal, and unable to get one.
    Daemon(Herald),
}

/// Makes a daemon out of a copy of the calling process, which must have a single thread.
///
/// Returns three times: in the calling process, in the one between, and in the daemon. The file mode mask becomes 0, as in Workerman.
/// The standard streams are left alone, so that the start banner can still be shown; see [`redirect_output`].
///
/// # Errors
///
/// The system's, from `fork(2)` or `setsid(2)`; then the process that got the error is not a daemon.
pub fn daemonize() -> io::Result<Daemonized> {
    umask(Mode::empty());
    let (herald, waiting) = herald()?;
    if let Fork::Parent(_) = fork()? {
        return Ok(Daemonized::Parent(waiting));
    }
    setsid()?;
    // The leader of a session could get a terminal by opening one; its child cannot.
    match fork()? {
        Fork::Parent(_) => Ok(Daemonized::Between),
        Fork::Child => Ok(Daemonized::Daemon(herald)),
    }
}

/// Opens `/dev/null` in the place of standard streams that are closed.
///
/// Whoever starts a service may have closed them. The first sockets would get their numbers then, and what is meant for a terminal.
///
/// # Errors
///
/// `/dev/null` cannot be opened.
pub fn occupy_standard_streams() -> io::Result<()> {
    loop {
        // The system gives the lowest number that is free.
        let nothing = OpenOptions::new()
            .read(true)
            .write(true)
            .open("/dev/null")?;
        if nothing.as_raw_fd() > STDERR_FILENO {
            return Ok(());
        }
        // Programs that the script starts have them as well.
        fcntl(&nothing, FcntlArg::F_SETFD(FdFlag::empty()))?;
        let _ = nothing.into_raw_fd();
    }
}

/// Sends standard output and standard error to the end of the file at `path`, and takes standard input from nowhere.
///
/// The file is created when it is missing. Calling this again opens the file anew, which is what log rotation wants.
///
/// # Errors
///
/// The file cannot be opened for writing; then all three streams stay as they were.
pub fn redirect_output(path: &Path) -> io::Result<()> {
    let output = OpenOptions::new().append(true).create(true).open(path)?;
    let nothing = OpenOptions::new().read(true).open("/dev/null")?;
    dup2_stdin(&nothing)?;
    dup2_stdout(&output)?;
    dup2_stderr(&output)?;
    Ok(())
}
