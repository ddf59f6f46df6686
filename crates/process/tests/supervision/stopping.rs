//! A service stops, by a signal or by the command.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use ouvrier_process::Signal;
use ouvrier_process::command::stop::{StopError, StopOptions, Stopped, stop};
use ouvrier_process::files::Files;

use crate::driver::{Begun, Played, directory};
use crate::{Scenario, service};

pub(crate) const SCENARIOS: &[Scenario] = &[
    ("a_signal_stops_all", a_signal_stops_all),
    ("ctrl_c_stops_all", ctrl_c_stops_all),
    (
        "workers_that_ctrl_c_has_reached_are_signalled_later",
        workers_that_ctrl_c_has_reached_are_signalled_later,
    ),
    (
        "workers_that_nobody_has_signalled_do_not_wait",
        workers_that_nobody_has_signalled_do_not_wait,
    ),
    ("a_stubborn_worker_is_killed", a_stubborn_worker_is_killed),
    (
        "a_graceful_stop_waits_until_it_is_hurried",
        a_graceful_stop_waits_until_it_is_hurried,
    ),
    (
        "a_signal_before_the_first_fork_is_not_lost",
        a_signal_before_the_first_fork_is_not_lost,
    ),
    (
        "the_command_stops_a_live_master",
        the_command_stops_a_live_master,
    ),
    (
        "the_command_gives_up_in_the_end",
        the_command_gives_up_in_the_end,
    ),
];

const NOT_GRACEFUL: StopOptions = StopOptions {
    graceful: false,
    stop_timeout: Duration::ZERO,
};

fn a_signal_stops_all() {
    for signal in [
        Signal::SIGINT,
        Signal::SIGTERM,
        Signal::SIGHUP,
        Signal::SIGTSTP,
    ] {
        let (mut service, workers) = begin("signal", &["daemonized"]);
        service.signal(signal);
        expect_stopping(&mut service, signal);
        expect_end(&mut service, &workers, "0");
    }
}

fn ctrl_c_stops_all() {
    let (mut service, workers) = begin("ctrl-c", &[]);
    service.signal_group(Signal::SIGINT);
    expect_stopping(&mut service, Signal::SIGINT);
    expect_end(&mut service, &workers, "0");
}

/// A second after Ctrl+C they are signalled, and killed another second later.
fn workers_that_ctrl_c_has_reached_are_signalled_later() {
    let service = Played::start_in_terminal(service::ROLE, "later", &["stubborn"]);
    let (mut service, workers) = with_workers(service);
    let before = Instant::now();
    service.press_ctrl_c();
    expect_stopping(&mut service, Signal::SIGINT);
    expect_end(&mut service, &workers, "9");
    assert!(before.elapsed() >= Duration::from_secs(2));
}

fn workers_that_nobody_has_signalled_do_not_wait() {
    for signal in [Signal::SIGINT, Signal::SIGTERM] {
        let (mut service, workers) = begin("at-once", &["long-head-start"]);
        service.signal(signal);
        expect_stopping(&mut service, signal);
        expect_end(&mut service, &workers, "0");
    }
}

fn a_stubborn_worker_is_killed() {
    let (mut service, workers) = begin("stubborn", &["stubborn", "daemonized"]);
    let before = Instant::now();
    service.signal(Signal::SIGTERM);
    expect_stopping(&mut service, Signal::SIGTERM);
    expect_end(&mut service, &workers, "9");
    assert!(before.elapsed() >= Duration::from_secs(1));
}

fn a_graceful_stop_waits_until_it_is_hurried() {
    let (mut service, workers) = begin("graceful", &["stubborn", "daemonized"]);
    service.signal(Signal::SIGQUIT);
    expect_stopping(&mut service, Signal::SIGQUIT);
    service.signal(Signal::SIGINT);
    expect_stopping(&mut service, Signal::SIGINT);
    expect_end(&mut service, &workers, "9");
}

fn a_signal_before_the_first_fork_is_not_lost() {
    let mut service = Played::start(service::ROLE, "early", &["early-signal"]);
    expect_stopping(&mut service, Signal::SIGINT);
    expect_end(&mut service, &[], "0");
}

fn the_command_stops_a_live_master() {
    let (mut service, workers) = begin("command", &["daemonized"]);
    assert_eq!(
        stop(&service.files, NOT_GRACEFUL).unwrap(),
        Stopped { pid: service.pid() }
    );
    expect_stopping(&mut service, Signal::SIGINT);
    expect_end(&mut service, &workers, "0");
    assert!(matches!(
        stop(&service.files, NOT_GRACEFUL),
        Err(StopError::NotRunning)
    ));
}

fn the_command_gives_up_in_the_end() {
    let files = Files::beside(directory("gives-up").join("start.php"));
    let script = "trap '' INT; echo $$ > \"$1\"; echo ready; read line";
    let mut deaf = Command::new("sh")
        .args(["-c", script, "WorkerMan"])
        .arg(&files.pid_file)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut ready = String::new();
    BufReader::new(deaf.stdout.take().unwrap())
        .read_line(&mut ready)
        .unwrap();
    let before = Instant::now();
    assert!(matches!(
        stop(&files, NOT_GRACEFUL),
        Err(StopError::TimedOut { .. })
    ));
    assert!(before.elapsed() >= Duration::from_secs(3));
    drop(deaf.stdin.take());
    deaf.wait().unwrap();
    std::fs::remove_dir_all(files.start_file.parent().unwrap()).unwrap();
}

fn begin(scenario: &str, options: &[&str]) -> (Played, Vec<Begun>) {
    with_workers(Played::start(service::ROLE, scenario, options))
}

fn with_workers(mut service: Played) -> (Played, Vec<Begun>) {
    let workers = service.expect_workers(3);
    assert!(service.files.pid_file.exists());
    (service, workers)
}

fn expect_stopping(service: &mut Played, signal: Signal) {
    service.expect(&format!(
        "log Workerman[start.php] received signal {signal}"
    ));
}

/// Every worker ends with this status and is not replaced, then the service is over.
fn expect_end(service: &mut Played, workers: &[Begun], status: &str) {
    let exits = workers
        .iter()
        .map(|worker| format!("exit {} {} {status}", worker.slot, worker.pid));
    let logged = workers.iter().filter(|_| status != "0").map(|worker| {
        format!(
            "log worker[{}:{}] exit with status {status}",
            name(worker),
            worker.pid
        )
    });
    service.expect_in_any_order(&exits.chain(logged).collect::<Vec<_>>());
    service.expect("stopped");
    service.expect("finished with 0 workers");
    service.expect_silence();
    assert!(service.wait().success());
    assert!(!service.files.pid_file.exists());
}

fn name(worker: &Begun) -> &'static str {
    if worker.slot.starts_with("0/") {
        "web"
    } else {
        "text"
    }
}
