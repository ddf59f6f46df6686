//! Asking all processes of a service for a line, and reading what they write.

use std::collections::HashSet;
use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Read};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use nix::poll::{PollTimeout, poll};
use nix::unistd::Pid;

use super::tell::{self, TellError};
use crate::Signal;
use crate::files::Files;
use crate::flock;
use crate::report::{Connections, Line, Process, Service};
use crate::user;

/// How long the processes may take. One that runs a callback for longer is shown as busy.
const PATIENCE: Duration = Duration::from_secs(1);

/// How long others may ask before.
const TURN: Duration = Duration::from_secs(10);

/// How often the file is looked at, in milliseconds. The processes tell nobody when they have written: a file cannot be waited for with
/// `poll`, and the answers come faster than a watch on it could be set up.
const STEP: u16 = 10;

/// Why nothing can be shown.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum QueryError {
    /// The master could not be asked.
    #[error(transparent)]
    Tell(#[from] TellError),
    /// The file for the answers could not be created or read.
    #[error("can not use the file {}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Others have asked, again and again.
    #[error("too many commands ask at the same time")]
    Busy,
    /// The master has not answered in time: a callback of its own holds it up, or it cannot write, because the disk is full for example.
    #[error(
        "the master process {pid} has not written to {}: it is busy, or can not; see its log, and whether the disk is full",
        path.display()
    )]
    NoAnswer {
        /// The master.
        pid: Pid,
        /// Where its answer was awaited.
        path: PathBuf,
    },
}

/// What the processes have written.
#[derive(Debug)]
pub(super) struct Answers {
    pub(super) service: Service,
    pub(super) processes: Vec<Process>,
    pub(super) connections: Vec<Connections>,
}

/// Asks, and returns as soon as everyone who was asked has answered, or when the time is over.
pub(super) fn query(files: &Files, path: &Path, signal: Signal) -> Result<Answers, QueryError> {
    let pid = tell::find(files, signal)?;
    let failed = |source| QueryError::File {
        path: path.to_owned(),
        source,
    };
    let _turn = take_turn(files)?;
    let mut file = AnswerFile::create(path).map_err(failed)?;
    tell::send(pid, signal)?;
    let deadline = Instant::now() + PATIENCE;
    let mut reading = Reading::default();
    loop {
        reading.take(&file.read_new().map_err(failed)?);
        if reading.is_complete() || Instant::now() >= deadline {
            return reading.answers().ok_or_else(|| QueryError::NoAnswer {
                pid,
                path: path.to_owned(),
            });
        }
        // Nothing is polled: this is the step. An interruption only makes it shorter.
        let _ = poll(&mut [], PollTimeout::from(STEP));
    }
}

/// One question at a time, since all answers go to the same file. The turn ends with the file that is returned.
///
/// What is locked is the pid file, which is there as long as somebody answers.
fn take_turn(files: &Files) -> Result<File, QueryError> {
    let path = &files.pid_file;
    let failed = |source| QueryError::File {
        path: path.clone(),
        source,
    };
    let file = File::open(path).map_err(failed)?;
    let deadline = Instant::now() + TURN;
    while !flock::try_lock(&file).map_err(failed)? {
        if Instant::now() >= deadline {
            return Err(QueryError::Busy);
        }
        // As in the loop of the answers.
        let _ = poll(&mut [], PollTimeout::from(STEP));
    }
    Ok(file)
}

/// The file, removed with this value.
struct AnswerFile {
    file: File,
    path: PathBuf,
}

impl AnswerFile {
    /// Creates the file in the place of one that an earlier command has left. A link there is removed and not followed.
    ///
    /// Only root can have workers of another user, which must be able to write: then everybody can append to the file while it exists,
    /// and nobody but root can read it. Everybody else keeps the file to himself.
    fn create(path: &Path) -> io::Result<Self> {
        match fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(path)?;
        let created = Self {
            file,
            path: path.to_owned(),
        };
        if user::is_root() {
            // Not in the mode above, from which the file mode mask takes bits away.
            created
                .file
                .set_permissions(Permissions::from_mode(0o622))?;
        }
        Ok(created)
    }

    fn read_new(&mut self) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.file.read_to_end(&mut bytes)?;
        Ok(bytes)
    }
}

impl Drop for AnswerFile {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
    }
}

/// The lines that have arrived so far.
#[derive(Default)]
struct Reading {
    /// The beginning of a line.
    partial: Vec<u8>,
    service: Option<Service>,
    /// Processes that were asked and have not answered.
    missing: HashSet<i32>,
    processes: Vec<Process>,
    connections: Vec<Connections>,
}

impl Reading {
    fn take(&mut self, bytes: &[u8]) {
        for piece in bytes.split_inclusive(|&byte| byte == b'\n') {
            self.partial.extend_from_slice(piece);
            if piece.ends_with(b"\n") {
                let line = std::mem::take(&mut self.partial);
                // What is no line of ours was written by somebody else.
                if let Ok(line) = serde_json::from_slice(&line) {
                    self.accept(line);
                }
            }
        }
    }

    /// The first line is the master's, and each process that it names has one.
    fn accept(&mut self, line: Line) {
        match line {
            Line::Service(service) if self.service.is_none() => {
                let asked = service.processes.iter().filter(|process| process.asked);
                self.missing = asked.map(|process| process.pid).collect();
                self.service = Some(service);
            }
            Line::Process(process) if self.missing.remove(&process.pid) => {
                self.processes.push(process);
            }
            Line::Connections(connections) if self.missing.remove(&connections.pid) => {
                self.connections.push(connections);
            }
            _ => {}
        }
    }

    fn is_complete(&self) -> bool {
        self.service.is_some() && self.missing.is_empty()
    }

    fn answers(self) -> Option<Answers> {
        Some(Answers {
            service: self.service?,
            processes: self.processes,
            connections: self.connections,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;
    use crate::report::Expected;
    use crate::scratch::Scratch;

    fn service() -> Service {
        let expected = |pid, asked| Expected {
            pid,
            worker: "web".to_owned(),
            id: 0,
            listen: String::new(),
            asked,
            retired: false,
        };
        Service {
            processes: vec![expected(1, true), expected(2, false)],
            ..Service::default()
        }
    }

    fn line(line: &Line) -> Vec<u8> {
        let mut bytes = serde_json::to_vec(line).unwrap();
        bytes.push(b'\n');
        bytes
    }

    fn process(pid: i32) -> Vec<u8> {
        line(&Line::Process(Process {
            pid,
            ..Process::default()
        }))
    }

    #[test]
    fn lines_may_arrive_in_any_pieces() {
        let text = [
            process(1),
            line(&Line::Service(service())),
            b"nonsense\n".to_vec(),
            process(3),
            process(1),
            process(1),
        ]
        .concat();
        for size in [1, 7, text.len()] {
            let mut reading = Reading::default();
            for piece in text.chunks(size) {
                reading.take(piece);
            }
            assert!(reading.is_complete());
            let answers = reading.answers().unwrap();
            assert_eq!(answers.service, service());
            assert_eq!(answers.processes.len(), 1);
        }
    }

    #[test]
    fn without_the_master_there_are_no_answers() {
        let mut reading = Reading::default();
        reading.take(&process(1));
        assert!(!reading.is_complete());
        assert!(reading.answers().is_none());
    }

    #[test]
    fn a_link_in_the_place_of_the_file_is_not_followed() {
        let directory = Scratch::new("query-link");
        let (path, victim) = (directory.file("status"), directory.file("victim"));
        fs::write(&victim, "precious").unwrap();
        symlink(&victim, &path).unwrap();
        let file = AnswerFile::create(&path).unwrap();
        let mode = fs::symlink_metadata(&path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, if user::is_root() { 0o622 } else { 0o600 });
        assert_eq!(fs::read_to_string(&victim).unwrap(), "precious");
        drop(file);
        assert!(!path.exists() && victim.exists());
    }
}
