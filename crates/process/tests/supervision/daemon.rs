//! A process leaves its terminal.

use std::io::stdout;
use std::os::fd::AsFd;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use nix::sys::signal::{SigSet, kill};
use nix::unistd::{getpgrp, getsid};
use ouvrier_process::daemon::{Daemonized, daemonize, redirect_output};
use ouvrier_process::files::Files;
use ouvrier_process::herald::News;
use ouvrier_process::start_lock::{LockError, StartLock};
use ouvrier_process::{Pid, Signal};

use crate::driver::Played;
use crate::{Scenario, say};

pub(crate) const ROLE: &str = "daemon";

/// How long the command waits on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) const SCENARIOS: &[Scenario] = &[(
    "a_daemon_is_detached_and_keeps_the_lock",
    a_daemon_is_detached_and_keeps_the_lock,
)];

/// Takes the start lock, detaches, and gives the lock up on `SIGUSR1`.
pub(crate) fn play(arguments: &[String]) -> ExitCode {
    let directory = Path::new(&arguments[1]);
    let lock = StartLock::acquire(Files::beside(directory.join("start.php")).lock_file()).unwrap();
    let sign = SigSet::from_iter([Signal::SIGUSR1]);
    sign.thread_block().unwrap();
    let herald = match daemonize().unwrap() {
        Daemonized::Daemon(herald) => herald,
        Daemonized::Between => return ExitCode::SUCCESS,
        Daemonized::Parent(waiting) => {
            return ExitCode::from(match waiting.wait(PATIENCE) {
                News::Up => 7,
                _ => 1,
            });
        }
    };
    say(&format!(
        "daemon {} {} {}",
        Pid::this(),
        getsid(None).unwrap(),
        getpgrp()
    ));
    herald.up();
    sign.wait().unwrap();
    lock.release();
    say("released");
    // The reader sees the end of the output when this process is over, not when its output goes elsewhere.
    let _output = stdout().as_fd().try_clone_to_owned().unwrap();
    redirect_output(&directory.join("stdout.log")).unwrap();
    say("redirected");
    ExitCode::SUCCESS
}

fn a_daemon_is_detached_and_keeps_the_lock() {
    let mut played = Played::start(ROLE, "daemon", &[]);
    let line = played.expect("daemon ");
    assert_eq!(played.wait().code(), Some(7), "the command has waited");
    let numbers: Vec<i32> = line
        .split(' ')
        .skip(1)
        .map(|word| word.parse().unwrap())
        .collect();
    let [pid, session, group] = numbers[..] else {
        panic!("{line}")
    };
    assert_ne!(session, getsid(None).unwrap().as_raw());
    assert_ne!(session, pid, "the leader of a session could get a terminal");
    assert_eq!(session, group);

    assert!(matches!(
        StartLock::acquire(played.files.lock_file()),
        Err(LockError::Busy)
    ));
    kill(Pid::from_raw(pid), Signal::SIGUSR1).unwrap();
    played.expect("released");
    StartLock::acquire(played.files.lock_file())
        .unwrap()
        .release();
    played.expect_silence();
    let redirected = played.files.start_file.with_file_name("stdout.log");
    assert_eq!(std::fs::read_to_string(redirected).unwrap(), "redirected\n");
}
