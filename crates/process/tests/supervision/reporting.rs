//! The commands `status` and `connections`.

use std::fs;
use std::os::unix::fs::symlink;
use std::time::{Duration, Instant};

use ouvrier_process::Signal;
use ouvrier_process::command::connections::connections;
use ouvrier_process::command::status::{Rates, status};
use ouvrier_process::command::{QueryError, TellError};
use ouvrier_process::files::Files;

use crate::Scenario;
use crate::driver::directory;
use crate::fleet::{DRAIN, SERVE, begin, tell};

pub(crate) const SCENARIOS: &[Scenario] = &[
    ("all_processes_report", all_processes_report),
    (
        "who_does_not_answer_is_missed",
        who_does_not_answer_is_missed,
    ),
    ("who_is_starting_is_not_asked", who_is_starting_is_not_asked),
    ("connections_are_listed", connections_are_listed),
    (
        "a_link_in_the_place_of_the_file_harms_nobody",
        a_link_in_the_place_of_the_file_harms_nobody,
    ),
    ("without_a_service_nothing_is_asked", without_a_service),
];

fn all_processes_report() {
    let (mut played, workers) = begin("status-all", &["web=2", "fixed=1"], 3);
    tell(&workers[0], Signal::SIGHUP);
    played.expect_up_to("serving ");
    for _ in 0..3 {
        let before = Instant::now();
        let status = status(&played.files).unwrap();
        assert!(before.elapsed() < Duration::from_secs(1));
        assert!(status.unresponsive.is_empty());
        assert_eq!(status.processes.len(), 3);
        assert!(status.processes.iter().all(|one| one.total_request == 5));
        let service = status.service;
        assert_eq!(service.pid, played.pid().as_raw());
        assert_eq!(service.version_line, "Fleet/1");
        let exits: Vec<_> = service.workers[0]
            .exits
            .iter()
            .map(|exit| (exit.status, exit.count))
            .collect();
        assert_eq!(exits, [(768, 1)]);
        assert!(service.workers[1].exits.is_empty());
        assert!(!played.files.status_file.exists());
    }
    // One that a reload has asked to end still answers.
    played.signal(Signal::SIGUSR1);
    played.expect_up_to("asked ");
    played.expect_up_to("asked ");
    let first = status(&played.files).unwrap();
    assert!(first.service.reloading);
    assert_eq!(first.processes.len(), 4);
}

fn who_does_not_answer_is_missed() {
    let (played, workers) = begin("status-mute", &["web=2", "mute"], 2);
    let status = status(&played.files).unwrap();
    assert_eq!(status.unresponsive, [workers[1].pid]);
    assert_eq!(status.processes.len(), 1);
    let table = status.table(&Rates::default(), None);
    let line = format!("\n{}\tN/A     web://test", workers[1].pid);
    assert!(table.contains(&line), "{table}");
    assert!(table.contains("[busy]\n"), "{table}");
}

/// The signal would end a process that does not handle it yet.
fn who_is_starting_is_not_asked() {
    let (mut played, old) = begin("status-starting", &["web=1"], 1);
    let held = played.files.start_file.with_file_name("held");
    fs::write(held, "").unwrap();
    played.signal(Signal::SIGUSR1);
    played.expect("log Workerman[start.php] reloading");
    let new = played.expect_workers(1).remove(0);
    let status = status(&played.files).unwrap();
    assert_eq!(status.unresponsive, [new.pid]);
    let retired: Vec<(i32, bool)> = status
        .service
        .processes
        .iter()
        .map(|process| (process.pid, process.retired))
        .collect();
    assert_eq!(retired, [(old[0].pid, false), (new.pid, false)]);
    tell(&new, SERVE);
    played.expect_up_to("asked ");
    tell(&old[0], DRAIN);
    played.expect_up_to("log Workerman[start.php] reloaded");
}

fn connections_are_listed() {
    let (played, workers) = begin("connections", &["web=2"], 2);
    let list = connections(&played.files).unwrap();
    let mut pids: Vec<i32> = list.connections.iter().map(|row| row.pid).collect();
    pids.sort_unstable();
    let mut expected: Vec<i32> = workers.iter().map(|worker| worker.pid).collect();
    expected.sort_unstable();
    assert_eq!(pids, expected);
    assert!(list.unresponsive.is_empty());
    assert!(!played.files.connections_file().exists());
}

fn a_link_in_the_place_of_the_file_harms_nobody() {
    let (mut played, _) = begin("status-link", &["web=1"], 1);
    let victim = played.files.start_file.with_file_name("victim");
    fs::write(&victim, "precious").unwrap();
    symlink(&victim, &played.files.status_file).unwrap();
    // The signal without the command.
    played.signal(Signal::SIGABRT);
    played.expect("log Workerman[start.php] can not report to ");
    assert_eq!(status(&played.files).unwrap().processes.len(), 1);
    assert_eq!(fs::read_to_string(&victim).unwrap(), "precious");
}

fn without_a_service() {
    let directory = directory("status-nobody");
    let files = Files::beside(directory.join("start.php"));
    assert!(matches!(
        status(&files),
        Err(QueryError::Tell(TellError::NotRunning))
    ));
    fs::remove_dir_all(directory).unwrap();
}
