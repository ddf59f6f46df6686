//! The one place that forks.

use std::io;

use nix::unistd::{ForkResult, Pid};

/// Which of the two processes returned from [`fork`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fork {
    /// The process that called; it now has this child.
    Parent(Pid),
    /// The new process.
    Child,
}

/// Forks the calling process, which must have a single thread.
///
/// The child is a full copy that goes on running the same program: a second thread of the parent would be missing in it, with
/// whatever lock it held. The master starts no thread, and the runtime of a worker is built after the fork.
///
/// # Errors
///
/// The system's: too many processes, or not enough memory.
#[allow(clippy::disallowed_methods, reason = "the one place")]
pub fn fork() -> io::Result<Fork> {
    // SAFETY: the process has one thread, by the contract above, so no lock can be left held by a thread that the child lacks.
    match unsafe { nix::unistd::fork() }? {
        ForkResult::Parent { child } => Ok(Fork::Parent(child)),
        ForkResult::Child => Ok(Fork::Child),
    }
}
