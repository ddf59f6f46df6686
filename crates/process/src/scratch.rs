//! Directories for tests.

use std::path::PathBuf;
use std::{env, fs, process};

/// An empty directory, removed with this value.
pub(crate) struct Scratch(PathBuf);

impl Scratch {
    /// `name` must be one that no other test uses.
    pub(crate) fn new(name: &str) -> Self {
        let path = env::temp_dir().join(format!("ouvrier-process-{}-{name}", process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
