//! The files that the processes of one service share, and where they are by default.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// The paths of one service. The defaults are Workerman's, beside the start file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Files {
    /// The script that was given to PHP.
    pub start_file: PathBuf,
    /// `workerman.<start file>.pid`, which holds the process id of the master.
    pub pid_file: PathBuf,
    /// `workerman.<start file>.status`, which the processes write for the command `status`.
    pub status_file: PathBuf,
    /// `workerman.log`.
    pub log_file: PathBuf,
}

impl Files {
    /// The defaults for `start_file`. A name without a directory, as PHP gives it for a script on standard input, means the working
    /// directory.
    #[must_use]
    pub fn beside(start_file: impl Into<PathBuf>) -> Self {
        let start_file = start_file.into();
        let directory = match start_file.parent() {
            Some(parent) if parent.as_os_str().is_empty() => Path::new("."),
            Some(parent) => parent,
            None => Path::new("/"),
        };
        let name = base_name(&start_file);
        Self {
            pid_file: directory.join(format!("workerman.{name}.pid")),
            status_file: directory.join(format!("workerman.{name}.status")),
            log_file: directory.join("workerman.log"),
            start_file,
        }
    }

    /// The same files with another pid file; an empty path, which is how PHP code says "not set", changes nothing.
    #[must_use]
    pub fn with_pid_file(mut self, path: impl Into<PathBuf>) -> Self {
        replace_unless_empty(&mut self.pid_file, path.into());
        self
    }

    /// The same files with another status file, unless `path` is empty.
    #[must_use]
    pub fn with_status_file(mut self, path: impl Into<PathBuf>) -> Self {
        replace_unless_empty(&mut self.status_file, path.into());
        self
    }

    /// The same files with another log file, unless `path` is empty.
    #[must_use]
    pub fn with_log_file(mut self, path: impl Into<PathBuf>) -> Self {
        replace_unless_empty(&mut self.log_file, path.into());
        self
    }

    /// The start file without its directory, as log lines and the banner show it.
    #[must_use]
    pub fn start_file_name(&self) -> String {
        base_name(&self.start_file)
    }

    /// `<status file>.connection`, which the processes write for the command `connections`.
    #[must_use]
    pub fn connections_file(&self) -> PathBuf {
        with_suffix(&self.status_file, ".connection")
    }

    /// `<pid file>.handover`, which exists while a service is restarted.
    #[must_use]
    pub fn handover_file(&self) -> PathBuf {
        with_suffix(&self.pid_file, ".handover")
    }

    /// `<pid file>.lock`, which exists while a service starts.
    #[must_use]
    pub fn lock_file(&self) -> PathBuf {
        with_suffix(&self.pid_file, ".lock")
    }
}

fn base_name(path: &Path) -> String {
    path.file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}

fn replace_unless_empty(path: &mut PathBuf, replacement: PathBuf) {
    if !replacement.as_os_str().is_empty() {
        *path = replacement;
    }
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    name.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_lie_beside_the_start_file() {
        let files = Files::beside("/srv/app/push.php");
        assert_eq!(files.pid_file, Path::new("/srv/app/workerman.push.php.pid"));
        assert_eq!(
            files.status_file,
            Path::new("/srv/app/workerman.push.php.status")
        );
        assert_eq!(
            files.connections_file(),
            Path::new("/srv/app/workerman.push.php.status.connection")
        );
        assert_eq!(
            files.lock_file(),
            Path::new("/srv/app/workerman.push.php.pid.lock")
        );
        assert_eq!(
            files.handover_file(),
            Path::new("/srv/app/workerman.push.php.pid.handover")
        );
        assert_eq!(files.log_file, Path::new("/srv/app/workerman.log"));
        assert_eq!(files.start_file_name(), "push.php");
    }

    #[test]
    fn a_script_from_standard_input_uses_the_working_directory() {
        assert_eq!(
            Files::beside("Standard input code").pid_file,
            Path::new("./workerman.Standard input code.pid")
        );
    }

    #[test]
    fn an_empty_path_is_no_path() {
        let files = Files::beside("/a/b.php")
            .with_pid_file("/run/b.pid")
            .with_log_file("")
            .with_status_file("/run/b.status");
        assert_eq!(files.pid_file, Path::new("/run/b.pid"));
        assert_eq!(files.log_file, Path::new("/a/workerman.log"));
        assert_eq!(
            files.connections_file(),
            Path::new("/run/b.status.connection")
        );
    }
}
