//! What a worker does about the death of its master.

use std::io;

use nix::sys::prctl::set_pdeathsig;
use nix::sys::signal::raise;
use nix::unistd::{Pid, getppid};

use crate::Signal;

/// Asks that this process receives `signal` when its parent `master` dies, however it dies. For the worker to call.
///
/// If the master is gone already the signal is raised at once, so that nobody falls into the gap between the fork and this call.
///
/// The kernel forgets the request when the process changes its user or group: call this after that, not before.
///
/// # Errors
///
/// The system's; none is expected for a valid signal.
pub fn parent_death_signal(signal: Signal, master: Pid) -> io::Result<()> {
    set_pdeathsig(signal)?;
    if getppid() != master {
        raise(signal)?;
    }
    Ok(())
}
