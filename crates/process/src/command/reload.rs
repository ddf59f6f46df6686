//! `reload`: ask the master to replace its workers.

use nix::unistd::Pid;

use super::tell::{self, TellError};
use crate::files::Files;
use crate::signal;

/// Asks the master of `files` for a reload, and returns at once: how it goes is in the log.
///
/// A graceful reload lets the old processes wait for their connections, however long they last.
///
/// # Errors
///
/// See [`TellError`].
pub fn reload(files: &Files, graceful: bool) -> Result<Pid, TellError> {
    let signal = if graceful {
        signal::GRACEFUL_RELOAD
    } else {
        signal::RELOAD
    };
    let pid = tell::find(files, signal)?;
    tell::send(pid, signal)?;
    Ok(pid)
}
