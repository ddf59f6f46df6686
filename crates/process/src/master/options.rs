//! What the master is told about the service.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use super::BackOff;
use crate::files::Files;
use crate::pid_file::PidFile;

/// One `Worker` of the user's script: a number of processes that do the same.
#[derive(Clone, Debug, Default)]
pub struct Group {
    /// The name in the log.
    pub name: String,
    /// How many processes.
    pub count: usize,
    /// Whether `reload` replaces its processes. Others are told of it, and stay.
    pub reloadable: bool,
    /// The address, for `status`.
    pub listen: String,
    /// The event loop, for `status`.
    pub event_loop: String,
}

/// What the master has to know. [`Options::new`] gives the defaults that are named here.
#[derive(Clone, Debug)]
pub struct Options {
    /// The start file without its directory, for log lines.
    pub start_file: String,
    /// Removed when the service has stopped. Written by the caller, before.
    pub pid_file: PidFile,
    /// Where the command `restart` waits for the listening sockets.
    pub handover_file: PathBuf,
    /// Where the processes write for `status`, when the command has created the file.
    pub status_file: PathBuf,
    /// Where the processes write for `connections`, when the command has created the file.
    pub connections_file: PathBuf,
    /// Whether the service is in the background. Not by default.
    pub daemonized: bool,
    /// How long workers may take that have the `SIGINT` of a terminal, where Ctrl+C reaches all, before they are signalled again. 1 second.
    pub ctrl_c_head_start: Duration,
    /// How long a worker may take to stop before it is killed. Parts of a second are rounded up in a stop. 2 seconds.
    ///
    /// In a reload it is the time after which the next process is replaced, although the one before does not say that it is draining.
    pub stop_timeout: Duration,
    /// How long a process that a reload has replaced may take for its connections, before `stop_timeout` begins to count. None.
    pub drain: Duration,
    /// When a graceful stop or reload kills what is left. Never, by default.
    pub graceful_timeout: Option<Duration>,
    /// How long a reload waits for a replacement to serve before it gives up. The old process serves meanwhile. 60 seconds.
    pub serve_timeout: Duration,
    /// The patience with processes that fail.
    pub back_off: BackOff,
    /// The workers. None by default.
    pub groups: Vec<Group>,
    /// Versions in one line, for `status`. Empty by default.
    pub version_line: String,
    /// Each version by its name, for `status --json`. Empty by default.
    pub versions: BTreeMap<String, String>,
    /// When the service was started, in the time zone of the script, for `status`. Empty by default.
    pub start_time: String,
    /// When the service was started. Now, by default.
    pub started_at: SystemTime,
}

impl Options {
    /// The defaults for a service with these files.
    #[must_use]
    pub fn new(files: &Files) -> Self {
        Self {
            start_file: files.start_file_name(),
            pid_file: PidFile::new(&files.pid_file),
            handover_file: files.handover_file(),
            status_file: files.status_file.clone(),
            connections_file: files.connections_file(),
            daemonized: false,
            ctrl_c_head_start: Duration::from_secs(1),
            stop_timeout: Duration::from_secs(2),
            drain: Duration::ZERO,
            graceful_timeout: None,
            serve_timeout: Duration::from_secs(60),
            back_off: BackOff::default(),
            groups: Vec::new(),
            version_line: String::new(),
            versions: BTreeMap::new(),
            start_time: String::new(),
            started_at: SystemTime::now(),
        }
    }

    /// The name of a group, also of one that a reload has taken away.
    pub(super) fn name(&self, group: usize) -> &str {
        self.groups
            .get(group)
            .map_or("", |group| group.name.as_str())
    }
}
