//! One start at a time.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use crate::flock;

/// The right to start the service, from the check for a running master until the pid file is written.
///
/// The lock goes through forks with the process that becomes the daemon. Dropping it in a parent that only ends therefore does not
/// release it: the system does, when the last process that holds it is gone or has called [`release`](Self::release).
#[derive(Debug)]
pub struct StartLock {
    path: PathBuf,
    /// Held open, never read: closing it is what gives the lock up.
    _file: File,
}

/// Why the service may not be started now.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LockError {
    /// Another start is under way. Whether it succeeds is not known yet.
    #[error("another start is under way")]
    Busy,
    /// The lock file cannot be made.
    #[error("can not lock {path}")]
    Io {
        /// The lock file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl StartLock {
    /// Takes the lock file at `path`, without waiting.
    ///
    /// # Errors
    ///
    /// [`LockError::Busy`] if somebody else has it.
    pub fn acquire(path: impl Into<PathBuf>) -> Result<Self, LockError> {
        let path = path.into();
        match acquire(&path) {
            Ok(Some(file)) => Ok(Self { path, _file: file }),
            Ok(None) => Err(LockError::Busy),
            Err(source) => Err(LockError::Io { path, source }),
        }
    }

    /// Gives the lock up and removes its file.
    pub fn release(self) {
        // The file is removed while it is locked, so it is ours. One that cannot be removed does no harm: it is locked by nobody.
        let _ = fs::remove_file(&self.path);
    }
}

/// The locked file, or `None` if somebody has it. A file whose owner removed it before we locked it is no lock, and its successor is
/// tried; each round needs another start to have ended in between.
fn acquire(path: &Path) -> io::Result<Option<File>> {
    loop {
        let file = OpenOptions::new().append(true).create(true).open(path)?;
        if !flock::try_lock(&file)? {
            return Ok(None);
        }
        if flock::is_named(&file, path)? {
            return Ok(Some(file));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scratch::Scratch;

    #[test]
    fn of_two_starts_one_wins() {
        let directory = Scratch::new("start-lock");
        let path = directory.file("pid.lock");
        let winner = StartLock::acquire(&path).unwrap();
        assert!(matches!(StartLock::acquire(&path), Err(LockError::Busy)));
        winner.release();
        assert!(!path.exists());
        StartLock::acquire(&path).unwrap().release();
    }

    #[test]
    fn a_lock_that_nobody_released_ends_with_its_owner() {
        let path =
            std::env::temp_dir().join(format!("ouvrier-start-lock-left-{}", std::process::id()));
        drop(StartLock::acquire(&path).unwrap());
        assert!(path.exists());
        StartLock::acquire(&path).unwrap().release();
    }

    #[test]
    fn a_directory_that_is_missing_is_an_error() {
        let directory = Scratch::new("start-lock-nowhere");
        let path = directory.file("missing/pid.lock");
        assert!(matches!(
            StartLock::acquire(path),
            Err(LockError::Io { .. })
        ));
    }
}
