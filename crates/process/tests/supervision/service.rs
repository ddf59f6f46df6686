//! The role of a service: a master that says what it observes, and workers that do nothing.

use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use nix::sys::signal::{SigSet, raise};
use ouvrier_process::files::Files;
use ouvrier_process::master::{BackOff, Exit, Group, Master, Options, Slot};
use ouvrier_process::parent::parent_death_signal;
use ouvrier_process::pid_file::PidFile;
use ouvrier_process::{Pid, Signal};

use crate::caller::{Role, run};
use crate::say;

pub(crate) const ROLE: &str = "service";

/// The arguments are a sign for the command line, the directory, and any of these words: `daemonized`, `stubborn` for workers that
/// ignore `SIGINT` and `SIGQUIT`, `long-head-start` for an hour after Ctrl+C, `early-signal` for a `SIGINT` before the first fork.
pub(crate) fn play(arguments: &[String]) -> ExitCode {
    let files = Files::beside(Path::new(&arguments[1]).join("start.php"));
    let is_set = |word: &str| arguments.iter().any(|argument| argument == word);
    let pid_file = PidFile::new(&files.pid_file);
    let groups = [("web", 2), ("text", 1)].map(|(name, count)| Group {
        name: name.to_owned(),
        count,
        reloadable: true,
        ..Group::default()
    });
    let seconds = if is_set("long-head-start") { 3600 } else { 1 };
    let mut master = Master::new(Options {
        daemonized: is_set("daemonized"),
        ctrl_c_head_start: Duration::from_secs(seconds),
        stop_timeout: Duration::from_millis(200),
        // These scenarios are not about failures in a row.
        back_off: BackOff {
            healthy_after: Duration::ZERO,
            ..BackOff::default()
        },
        groups: groups.into(),
        ..Options::new(&files)
    });
    master.install_signals().unwrap();
    pid_file.write().unwrap();
    let master_pid = Pid::this();
    if is_set("early-signal") {
        raise(Signal::SIGINT).unwrap();
    }
    let exited = |exit: &Exit| {
        let Slot { group, id } = exit.slot;
        say(&format!(
            "exit {group}/{id} {} {}",
            exit.pid, exit.raw_status
        ));
    };
    match run(&mut master, Vec::new, exited) {
        Role::Worker(place) => work(place.slot, &master, master_pid, is_set("stubborn")),
        Role::Finished => finish(&master),
    }
}

fn finish(master: &Master) -> ExitCode {
    say(&format!("finished with {} workers", master.pids().count()));
    ExitCode::SUCCESS
}

/// Ends with exit code 3 on `SIGUSR1`.
fn work(slot: Slot, master: &Master, master_pid: Pid, stubborn: bool) -> ExitCode {
    assert_eq!(master.pids().count(), 0);
    let masks = signal_masks();
    parent_death_signal(Signal::SIGKILL, master_pid).unwrap();
    if stubborn {
        SigSet::from_iter([Signal::SIGINT, Signal::SIGQUIT])
            .thread_block()
            .unwrap();
    }
    let sign = SigSet::from_iter([Signal::SIGUSR1]);
    sign.thread_block().unwrap();
    say(&format!(
        "worker {}/{} {} {masks}",
        slot.group,
        slot.id,
        Pid::this()
    ));
    sign.wait().unwrap();
    ExitCode::from(3)
}

/// The signals blocked, ignored and caught, as the system knows them: `SigBlk:0000000000000000 ...`.
fn signal_masks() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let lines = status.lines().filter(|line| {
        ["SigBlk:", "SigIgn:", "SigCgt:"]
            .iter()
            .any(|name| line.starts_with(name))
    });
    lines
        .map(|line| line.replace('\t', ""))
        .collect::<Vec<_>>()
        .join(" ")
}
