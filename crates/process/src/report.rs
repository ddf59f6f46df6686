//! What the processes of a service write for the commands `status` and `connections`: lines of JSON in a file.
//!
//! The command creates the file and signals the master, which appends a [`Service`] line and forwards the signal; each worker process
//! appends one [`Process`] or [`Connections`] line. The names of the fields are the keys that `--json` shows; they are stable: fields
//! may be added, none is renamed or removed.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::reserve;

/// One line of the file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "line", rename_all = "lowercase")]
pub enum Line {
    /// From the master, first.
    Service(Service),
    /// From a worker process, for `status`.
    Process(Process),
    /// From a worker process, for `connections`.
    Connections(Connections),
}

/// What the master knows.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Service {
    /// The master process.
    pub pid: i32,
    /// Versions in one line, as the table shows them.
    pub version_line: String,
    /// Each version by its name.
    pub versions: BTreeMap<String, String>,
    /// Whether the service is in the background.
    pub daemonized: bool,
    /// When the service was started, in its own time zone.
    pub start_time: String,
    /// The same in seconds since 1970.
    pub started_at: u64,
    /// For how many seconds it has run.
    pub uptime_seconds: u64,
    /// Of the machine over 1, 5 and 15 minutes, if it can be known.
    pub load_average: Option<[f64; 3]>,
    /// Whether a reload is under way.
    pub reloading: bool,
    /// One for each `Worker` of the script.
    pub workers: Vec<Worker>,
    /// Every worker process that runs, also those that were replaced and still have connections.
    pub processes: Vec<Expected>,
}

impl Service {
    /// Why a process has not answered, for the tables.
    pub(crate) fn silence_of(&self, pid: i32) -> &'static str {
        let is_starting = |process: &Expected| process.pid == pid && !process.asked;
        if self.processes.iter().any(is_starting) {
            "[starting]"
        } else {
            "[busy]"
        }
    }
}

/// A `Worker` of the script.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Worker {
    /// Its name.
    pub name: String,
    /// The address it listens on.
    pub listen: String,
    /// The event loop of its processes.
    pub event_loop: String,
    /// How its processes have ended, since the start of the service.
    pub exits: Vec<ExitCount>,
}

/// How many processes have ended with a status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExitCount {
    /// The status word of `wait(2)`: `exit(3)` is 768, a kill by `SIGKILL` is 9.
    pub status: i32,
    /// How many.
    pub count: u64,
}

/// A process that the master has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Expected {
    /// The process.
    pub pid: i32,
    /// The name of its worker.
    pub worker: String,
    /// Its number within the worker.
    pub id: usize,
    /// The address its worker listens on.
    pub listen: String,
    /// Whether it was asked for its line. A process that is still starting is not: it might not handle the signal yet.
    pub asked: bool,
    /// Whether another process has its place, or will have.
    pub retired: bool,
}

/// What a worker process knows about itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Process {
    /// The process.
    pub pid: i32,
    /// The name of its worker.
    pub worker: String,
    /// Its number within the worker.
    pub id: usize,
    /// The address its worker listens on.
    pub listen: String,
    /// The memory that PHP has taken.
    pub memory_bytes: u64,
    /// Connections that are open.
    pub connections: u64,
    /// Sends that have failed, since the start of the process.
    pub send_fail: u64,
    /// Timers that are set.
    pub timers: u64,
    /// Messages that have arrived, since the start of the process.
    pub total_request: u64,
    /// What the process does now.
    pub state: State,
    /// For how long the callback has been running; 0 if none is.
    pub busy_ms: u64,
    /// The callback that is running, such as `onMessage`.
    pub callback: Option<String>,
    /// Bytes that were sent and that the network has not taken yet, of all connections.
    pub send_queue_bytes: u64,
    /// Messages that were dropped because a send buffer was full.
    pub dropped: u64,
    /// Datagrams that the kernel has dropped because the UDP sockets that are open were not read in time. Processes that share a socket all
    /// report its number.
    pub datagrams_dropped: u64,
    /// Connections that take what is sent to them too slowly.
    pub slow_clients: u64,
    /// Clients that were not let in, because there were too many or they were from an origin that is not.
    pub refused: u64,
    /// Clients that were parted from because they did not take what was sent to them.
    pub closed_slow: u64,
    /// Clients that did not say in time what was due: a websocket handshake, a first message, an http request that has begun.
    pub closed_late: u64,
    /// Clients that broke a rule of their protocol, or a limit of what a message may be.
    pub closed_faulty: u64,
    /// Websocket clients that were given up because they did not answer pings.
    pub closed_silent: u64,
    /// Websocket clients that were parted from because there was no message for too long, and http clients that made no request.
    pub closed_idle: u64,
    /// Whether new connections are accepted.
    pub accepting: bool,
    /// Whether the process ends when its connections are done.
    pub draining: bool,
}

/// What a worker process does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// It waits for something to do.
    #[default]
    Idle,
    /// A callback runs.
    Busy,
}

/// The connections of a worker process.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Connections {
    /// The process.
    pub pid: i32,
    /// One for each.
    pub connections: Vec<ConnectionRow>,
}

/// A connection.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConnectionRow {
    /// The process that has it.
    pub pid: i32,
    /// The name of its worker.
    pub worker: String,
    /// Its number within the process.
    pub id: u64,
    /// `tcp`, `ssl`, `unix`.
    pub transport: String,
    /// The protocol without its namespace.
    pub protocol: String,
    /// 4 or 6; 0 for neither.
    pub ip_version: u8,
    /// Bytes that have arrived and wait to be a whole message.
    pub recv_queue: u64,
    /// Bytes that were sent and that the network has not taken yet.
    pub send_queue: u64,
    /// Bytes that have arrived in all.
    pub bytes_read: u64,
    /// Bytes that the network has taken in all.
    pub bytes_written: u64,
    /// `ESTABLISHED`, as `$connection->getStatus(false)` gives it.
    pub status: String,
    /// The address of this side.
    pub local: String,
    /// The address of the other side.
    pub remote: String,
}

/// Appends a line to the file that a command has created.
///
/// The whole line goes out in one write to the end of the file, which the system does not mix with those of other processes. There is
/// no lock besides: whoever may open the file could hold it, and with it the service. A process that has no descriptor left answers all
/// the same.
///
/// # Errors
///
/// The file is not there, which means that nobody has asked; it is a link or not a plain file; or it cannot be written.
pub fn append(path: &Path, line: &Line) -> io::Result<()> {
    let mut text = serde_json::to_vec(line)?;
    text.push(b'\n');
    let appended = reserve::open(|| open(path)).and_then(|mut file| file.write_all(&text));
    reserve::keep_again();
    appended
}

fn open(path: &Path) -> io::Result<File> {
    // Without O_NONBLOCK, opening a pipe in the place of the file would wait for its reader.
    let file = OpenOptions::new()
        .append(true)
        .custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK)
        .open(path)?;
    if file.metadata()?.is_file() {
        Ok(file)
    } else {
        Err(io::Error::other("not a plain file"))
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use super::*;
    use crate::scratch::Scratch;

    fn line(pid: i32) -> Line {
        Line::Process(Process {
            pid,
            ..Process::default()
        })
    }

    #[test]
    fn lines_are_appended_and_read_back() {
        let directory = Scratch::new("report");
        let path = directory.file("status");
        fs::write(&path, "").unwrap();
        append(&path, &line(1)).unwrap();
        append(&path, &line(2)).unwrap();
        let text = fs::read_to_string(&path).unwrap();
        let lines: Vec<Line> = text
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        assert_eq!(lines, [line(1), line(2)]);
        assert!(text.starts_with(r#"{"line":"process","pid":1,"worker":"","id":0,"#));
    }

    #[test]
    fn a_file_that_nobody_has_created_is_not_created() {
        let directory = Scratch::new("report-missing");
        assert!(append(&directory.file("status"), &line(1)).is_err());
        assert!(!directory.file("status").exists());
    }

    #[test]
    fn links_are_not_followed() {
        let directory = Scratch::new("report-link");
        let victim = directory.file("victim");
        fs::write(&victim, "precious").unwrap();
        symlink(&victim, directory.file("status")).unwrap();
        assert!(append(&directory.file("status"), &line(1)).is_err());
        assert_eq!(fs::read_to_string(&victim).unwrap(), "precious");
    }

    #[test]
    fn a_pipe_is_not_waited_for() {
        let directory = Scratch::new("report-pipe");
        let path = directory.file("status");
        nix::unistd::mkfifo(&path, nix::sys::stat::Mode::S_IRWXU).unwrap();
        assert!(append(&path, &line(1)).is_err());
    }
}
