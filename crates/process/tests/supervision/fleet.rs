//! The role of a service whose workers do, by signals, what a test tells them.
//!
//! A worker serves at once unless the file `held` is in the directory, and fails at once if `broken` is. `SIGWINCH` makes it serve,
//! `SIGURG` drain, `SIGTERM` and `SIGINT` end in good order, `SIGHUP` end with exit code 3. It says which signals it got.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use nix::sys::signal::{SigSet, kill};
use ouvrier_process::files::Files;
use ouvrier_process::master::{BackOff, Exit, Group, Master, Options, Place};
use ouvrier_process::parent::parent_death_signal;
use ouvrier_process::report::{self, ConnectionRow, Connections, Line, Process};
use ouvrier_process::{Pid, Signal, signal};

use crate::caller::{Role, run};
use crate::driver::{Begun, Played, begun};
use crate::say;

pub(crate) const ROLE: &str = "fleet";

/// A worker that drains.
pub(crate) const DRAIN: Signal = Signal::SIGURG;

/// A worker that serves.
pub(crate) const SERVE: Signal = Signal::SIGWINCH;

/// The back-off of this role: short pauses.
const BACK_OFF: BackOff = BackOff {
    healthy_after: Duration::from_secs(60),
    first: Duration::from_millis(20),
    longest: Duration::from_millis(50),
};

const LISTENED: [Signal; 9] = [
    SERVE,
    DRAIN,
    Signal::SIGTERM,
    Signal::SIGINT,
    Signal::SIGHUP,
    signal::RELOAD,
    signal::GRACEFUL_RELOAD,
    signal::STATUS,
    signal::CONNECTIONS,
];

/// The arguments are a sign for the command line, the directory, and words: `web=<count>`, `fixed=<count>` for a group that is not
/// reloadable, `patience=<milliseconds>` for the stop timeout and the drain window, `serve=<milliseconds>` for the time to serve, `hurried` for a graceful timeout, `recycling` for
/// processes that are healthy at once, `mute` for a worker 0/1 that gives no report.
///
/// A file `web` in the directory says how many processes there are after a reload.
pub(crate) fn play(arguments: &[String]) -> ExitCode {
    let stage = Stage {
        directory: PathBuf::from(&arguments[1]),
        words: arguments[2..].to_vec(),
    };
    let files = stage.files();
    let patience = Duration::from_millis(stage.number("patience").unwrap_or(60_000));
    let serve_timeout = Duration::from_millis(stage.number("serve").unwrap_or(60_000));
    let healthy_after = if stage.is_set("recycling") {
        Duration::ZERO
    } else {
        BACK_OFF.healthy_after
    };
    let mut master = Master::new(Options {
        daemonized: true,
        stop_timeout: patience,
        drain: patience,
        serve_timeout,
        graceful_timeout: stage.is_set("hurried").then_some(patience),
        back_off: BackOff {
            healthy_after,
            ..BACK_OFF
        },
        groups: stage.groups(),
        version_line: "Fleet/1".to_owned(),
        ..Options::new(&files)
    });
    master.install_signals().unwrap();
    let pid_file = ouvrier_process::pid_file::PidFile::new(&files.pid_file);
    pid_file.write().unwrap();
    let master_pid = Pid::this();
    let exited = |exit: &Exit| say(&format!("exit {} {}", exit.pid, exit.raw_status));
    match run(&mut master, || stage.groups(), exited) {
        Role::Worker(place) => work(&stage, &place, master_pid),
        Role::Finished => ExitCode::SUCCESS,
    }
}

/// Starts the role and waits until its workers serve, in the order of their slots.
pub(crate) fn begin(scenario: &str, options: &[&str], count: usize) -> (Played, Vec<Begun>) {
    let mut played = Played::start(ROLE, scenario, options);
    let lines = played.expect_lines(2 * count).into_iter();
    let (serving, rest): (Vec<_>, Vec<_>) = lines.partition(|line| line.starts_with("serving "));
    assert_eq!(serving.len(), count, "{serving:?}");
    let mut workers: Vec<Begun> = rest.into_iter().map(begun).collect();
    workers.sort();
    (played, workers)
}

pub(crate) fn tell(worker: &Begun, signal: Signal) {
    kill(Pid::from_raw(worker.pid), signal).unwrap();
}

/// What the role was told.
struct Stage {
    directory: PathBuf,
    words: Vec<String>,
}

impl Stage {
    fn files(&self) -> Files {
        Files::beside(self.directory.join("start.php"))
    }

    fn is_set(&self, word: &str) -> bool {
        self.words.iter().any(|other| other == word)
    }

    fn number(&self, name: &str) -> Option<u64> {
        let mut words = self.words.iter().filter_map(|word| word.split_once('='));
        let number = words.find_map(|(word, number)| (word == name).then_some(number))?;
        Some(number.parse().unwrap())
    }

    fn has_file(&self, name: &str) -> bool {
        self.directory.join(name).exists()
    }

    fn groups(&self) -> Vec<Group> {
        let web = std::fs::read_to_string(self.directory.join("web"))
            .map_or(self.number("web"), |count| Some(count.parse().unwrap()));
        let group = |name: &str, count: Option<u64>, reloadable| Group {
            name: name.to_owned(),
            count: count.unwrap_or(0).try_into().unwrap(),
            reloadable,
            listen: format!("{name}://test"),
            event_loop: "none".to_owned(),
        };
        vec![
            group("web", web, true),
            group("fixed", self.number("fixed"), false),
        ]
    }
}

fn work(stage: &Stage, place: &Place, master: Pid) -> ExitCode {
    let listened = SigSet::from_iter(LISTENED);
    listened.thread_block().unwrap();
    parent_death_signal(Signal::SIGKILL, master).unwrap();
    let slot = place.slot;
    say(&format!(
        "worker {}/{} {}",
        slot.group,
        slot.id,
        Pid::this()
    ));
    if stage.has_file("broken") {
        return ExitCode::from(3);
    }
    let mut serves = !stage.has_file("held");
    if serves {
        serve(place);
    }
    loop {
        match listened.wait().unwrap() {
            SERVE => {
                serves = true;
                serve(place);
            }
            DRAIN => place.channel.draining(),
            Signal::SIGTERM | Signal::SIGINT => return ExitCode::SUCCESS,
            Signal::SIGHUP => return ExitCode::from(3),
            signal if !serves => say(&format!("too early for {signal}")),
            signal if matches!(signal, signal::STATUS | signal::CONNECTIONS) => {
                answer(stage, place, signal);
            }
            signal => say(&format!("asked {} {signal}", Pid::this())),
        }
    }
}

fn serve(place: &Place) {
    place.channel.serving();
    say(&format!("serving {}", Pid::this()));
}

fn answer(stage: &Stage, place: &Place, signal: Signal) {
    let slot = place.slot;
    if stage.is_set("mute") && (slot.group, slot.id) == (0, 1) {
        return say("silent");
    }
    let pid = Pid::this().as_raw();
    let (path, line) = if signal == signal::STATUS {
        let process = Process {
            pid,
            worker: "web".to_owned(),
            id: slot.id,
            total_request: 5,
            ..Process::default()
        };
        (stage.files().status_file, Line::Process(process))
    } else {
        let row = ConnectionRow {
            pid,
            id: 1,
            ..ConnectionRow::default()
        };
        let connections = Connections {
            pid,
            connections: vec![row],
        };
        (
            stage.files().connections_file(),
            Line::Connections(connections),
        )
    };
    report::append(Path::new(&path), &line).unwrap();
}
