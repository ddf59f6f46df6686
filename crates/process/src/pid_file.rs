//! The file that says which process is the master.

use std::fs::{self, OpenOptions, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use nix::unistd::Pid;

use crate::liveness::is_alive;

/// A pid file; having one says nothing about its being there.
#[derive(Clone, Debug)]
pub struct PidFile {
    path: PathBuf,
}

/// What a pid file says, checked against the processes that run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recorded {
    /// There is no file, or no process id in it.
    Nothing,
    /// The process has ended without removing the file. A file that names the reader itself is just as old.
    Dead(Pid),
    /// The number has since been given to a process that is no master.
    Foreign(Pid),
    /// The master runs.
    Live(Pid),
}

impl Recorded {
    /// What it means that a pid file names `pid`.
    #[must_use]
    pub fn of(pid: Pid) -> Self {
        if pid == Pid::this() || !is_alive(pid) {
            Self::Dead(pid)
        } else if may_be_master(pid) {
            Self::Live(pid)
        } else {
            Self::Foreign(pid)
        }
    }
}

impl PidFile {
    /// The pid file at `path`. Nothing is read or written yet.
    #[must_use]
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// Where the file is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Records the calling process as the master.
    ///
    /// Others may read the file but never write it, whatever the file mode mask: whoever can write it chooses which process the next
    /// `stop` of another user signals.
    ///
    /// # Errors
    ///
    /// The file cannot be written.
    pub fn write(&self) -> io::Result<()> {
        let mut file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .open(&self.path)?;
        file.set_permissions(Permissions::from_mode(0o644))?;
        file.write_all(Pid::this().to_string().as_bytes())
    }

    /// The process id in the file, if there is one.
    #[must_use]
    pub fn read(&self) -> Option<Pid> {
        let number = fs::read_to_string(&self.path).ok()?.trim().parse().ok()?;
        (number > 0).then(|| Pid::from_raw(number))
    }

    /// Removes the file if it names the calling process. A file that names another, or none, is left where it is.
    ///
    /// # Errors
    ///
    /// The file cannot be removed.
    pub fn remove(&self) -> io::Result<()> {
        if self.read() == Some(Pid::this()) {
            fs::remove_file(&self.path)
        } else {
            Ok(())
        }
    }

    /// What the file says, and whether that is still so.
    #[must_use]
    pub fn recorded(&self) -> Recorded {
        self.read().map_or(Recorded::Nothing, Recorded::of)
    }

    /// The master that runs, if one does.
    #[must_use]
    pub fn live_master(&self) -> Option<Pid> {
        match self.recorded() {
            Recorded::Live(pid) => Some(pid),
            _ => None,
        }
    }
}

/// Whether the command line of a live process looks like a master's. One that may not be read, which is another user's in a `/proc`
/// mounted with `hidepid`, is believed. An empty one belongs to a thread of the kernel.
fn may_be_master(pid: Pid) -> bool {
    let Ok(command_line) = fs::read(format!("/proc/{pid}/cmdline")) else {
        return true;
    };
    ["WorkerMan", "php"]
        .iter()
        .any(|sign| contains(&command_line, sign.as_bytes()))
}

fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    haystack
        .windows(needle.len())
        .any(|window| window == needle)
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader};
    use std::process::{Child, Command, Stdio};

    use super::*;
    use crate::scratch::Scratch;

    /// A process that lives until its standard input is closed, with `argument` on its command line, which is there when it speaks.
    fn process(argument: &str) -> Child {
        let mut command = Command::new("sh");
        command.args(["-c", "echo ready; read line; exit 0", argument]);
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut ready = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut ready)
            .unwrap();
        assert_eq!(ready, "ready\n");
        child
    }

    fn end(mut child: Child) {
        drop(child.stdin.take());
        child.wait().unwrap();
    }

    #[test]
    fn what_is_written_is_read_and_removed() {
        let directory = Scratch::new("pid-file-own");
        let file = PidFile::new(directory.file("pid"));
        file.write().unwrap();
        assert_eq!(
            fs::read_to_string(file.path()).unwrap(),
            Pid::this().to_string()
        );
        assert_eq!(
            fs::metadata(file.path()).unwrap().permissions().mode() & 0o777,
            0o644
        );
        assert_eq!(file.read(), Some(Pid::this()));
        assert_eq!(file.recorded(), Recorded::Dead(Pid::this()));
        file.remove().unwrap();
        assert!(!file.path().exists());
    }

    #[test]
    fn a_file_that_names_another_process_is_not_removed() {
        let directory = Scratch::new("pid-file-other");
        let file = PidFile::new(directory.file("pid"));
        fs::write(file.path(), "1").unwrap();
        file.remove().unwrap();
        assert!(file.path().exists());
    }

    #[test]
    fn nonsense_is_no_process_id() {
        let directory = Scratch::new("pid-file-nonsense");
        let file = PidFile::new(directory.file("pid"));
        assert_eq!(file.recorded(), Recorded::Nothing);
        for content in ["", "0", "-1", "-12", "abc", "99999999999999999999"] {
            fs::write(file.path(), content).unwrap();
            assert_eq!(file.recorded(), Recorded::Nothing, "{content:?}");
        }
    }

    #[test]
    fn a_process_that_looks_like_a_master_is_one() {
        let directory = Scratch::new("pid-file-live");
        let file = PidFile::new(directory.file("pid"));
        for argument in ["WorkerMan: master process", "/usr/bin/php8.2"] {
            let child = process(argument);
            fs::write(file.path(), format!("{}\n", child.id())).unwrap();
            assert_eq!(
                file.live_master().map(Pid::as_raw),
                Some(child.id().try_into().unwrap())
            );
            end(child);
            assert!(matches!(file.recorded(), Recorded::Dead(_)));
        }
    }

    #[test]
    fn a_foreign_process_does_not_count() {
        let directory = Scratch::new("pid-file-foreign");
        let file = PidFile::new(directory.file("pid"));
        let child = process("anything");
        fs::write(file.path(), child.id().to_string()).unwrap();
        assert!(matches!(file.recorded(), Recorded::Foreign(_)));
        assert_eq!(file.live_master(), None);
        end(child);
    }
}
