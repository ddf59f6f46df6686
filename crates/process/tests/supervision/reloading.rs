//! A service reloads.

use std::fs;
use std::os::unix::net::UnixDatagram;

use ouvrier_process::Signal;
use ouvrier_process::command::TellError;
use ouvrier_process::command::reload::reload;

use crate::driver::{Begun, Played, begun, directory};
use crate::fleet::{DRAIN, ROLE, SERVE, begin, tell};
use crate::{Scenario, service};

pub(crate) const SCENARIOS: &[Scenario] = &[
    (
        "the_next_process_is_replaced_when_the_first_one_serves",
        the_next_process_is_replaced_when_the_first_one_serves,
    ),
    ("old_and_new_overlap", old_and_new_overlap),
    (
        "a_replacement_that_fails_costs_nothing",
        a_replacement_that_fails_costs_nothing,
    ),
    (
        "a_replacement_that_does_not_serve_is_killed",
        a_replacement_that_does_not_serve_is_killed,
    ),
    (
        "an_old_process_that_fails_meanwhile_is_replaced_by_its_successor",
        an_old_process_that_fails_meanwhile_is_replaced_by_its_successor,
    ),
    ("counts_go_up_and_down", counts_go_up_and_down),
    ("a_stop_ends_a_reload", a_stop_ends_a_reload),
    (
        "an_old_process_that_stays_is_killed",
        an_old_process_that_stays_is_killed,
    ),
    (
        "a_graceful_reload_does_not_kill",
        a_graceful_reload_does_not_kill,
    ),
    (
        "a_graceful_reload_kills_when_told_to",
        a_graceful_reload_kills_when_told_to,
    ),
    (
        "a_process_that_drains_by_itself_is_replaced_at_once",
        a_process_that_drains_by_itself_is_replaced_at_once,
    ),
    ("the_command_reloads", the_command_reloads),
    ("systemd_is_notified", systemd_is_notified),
];

fn the_next_process_is_replaced_when_the_first_one_serves() {
    let (mut played, old) = begin("rolling", &["web=2", "fixed=1"], 3);
    fs::write(file(&played, "held"), "").unwrap();
    begin_reload(&mut played, Signal::SIGUSR1);
    // The process that stays is told at once.
    let lines = played.expect_lines(2);
    assert!(
        lines.contains(&asked(&old[2], Signal::SIGUSR1)),
        "{lines:?}"
    );
    let first = lines.into_iter().find(|line| line.starts_with("worker "));
    let first = begun(first.unwrap());
    // Nothing but this makes the reload go on, and a second reload does not.
    played.signal(Signal::SIGUSR1);
    played.expect("log Workerman[start.php] reload ignored: one is under way");
    serve(&mut played, &first, &asked(&old[0], Signal::SIGUSR1));
    tell(&old[0], Signal::SIGTERM);
    let second = exit_and_begin(&mut played, &old[0]);
    assert_eq!([&first.slot, &second.slot], [&old[0].slot, &old[1].slot]);
    serve(&mut played, &second, &asked(&old[1], Signal::SIGUSR1));
    tell(&old[1], Signal::SIGTERM);
    played.expect_in_any_order(&[format!("exit {} 0", old[1].pid), reloaded(2)]);
    stop(&mut played);
}

fn old_and_new_overlap() {
    let (mut played, old) = begin("overlap", &["web=1"], 1);
    begin_reload(&mut played, Signal::SIGUSR1);
    let new = replace(&mut played, &old[0], Signal::SIGUSR1, 1);
    // The old one is still there, and ends without a replacement.
    tell(&old[0], Signal::SIGHUP);
    played.expect(&format!(
        "log worker[web:{}] exit with status 768",
        old[0].pid
    ));
    played.expect(&format!("exit {} 768", old[0].pid));
    tell(&new, Signal::SIGHUP);
    played.expect(&format!("log worker[web:{}] exit with status 768", new.pid));
    played.expect(&format!("exit {} 768", new.pid));
    played.expect("worker 0/0 ");
    played.expect("serving ");
    stop(&mut played);
}

fn a_replacement_that_fails_costs_nothing() {
    let (mut played, old) = begin("broken", &["web=3"], 3);
    fs::write(file(&played, "broken"), "").unwrap();
    begin_reload(&mut played, Signal::SIGUSR1);
    let new = played.expect_workers(1).remove(0);
    played.expect(&format!("log worker[web:{}] exit with status 768", new.pid));
    played.expect(&format!(
        "log Workerman[start.php] reload stopped: worker[web:{}] ended before it served, processes not replaced: 3",
        new.pid
    ));
    played.expect(&format!("exit {} 768", new.pid));
    // None has been asked, and all are there.
    for worker in &old {
        tell(worker, Signal::SIGUSR2);
        played.expect(&asked(worker, Signal::SIGUSR2));
    }
    fs::remove_file(file(&played, "broken")).unwrap();
    begin_reload(&mut played, Signal::SIGUSR1);
    played.expect("worker 0/0 ");
    stop(&mut played);
}

fn a_replacement_that_does_not_serve_is_killed() {
    let (mut played, old) = begin("held-up", &["web=1", "serve=50"], 1);
    fs::write(file(&played, "held"), "").unwrap();
    begin_reload(&mut played, Signal::SIGUSR1);
    let new = played.expect_workers(1).remove(0);
    played.expect(&format!(
        "log Workerman[start.php] reload stopped: worker[web:{}] does not serve in time, processes not replaced: 1",
        new.pid
    ));
    played.expect_up_to(&format!("exit {} 9", new.pid));
    tell(&old[0], Signal::SIGUSR2);
    played.expect(&asked(&old[0], Signal::SIGUSR2));
    stop(&mut played);
}

fn an_old_process_that_fails_meanwhile_is_replaced_by_its_successor() {
    let (mut played, old) = begin("failing-old", &["web=1"], 1);
    fs::write(file(&played, "held"), "").unwrap();
    begin_reload(&mut played, Signal::SIGUSR1);
    let new = played.expect_workers(1).remove(0);
    tell(&old[0], Signal::SIGHUP);
    played.expect_up_to(&format!("exit {} 768", old[0].pid));
    tell(&new, SERVE);
    played.expect_in_any_order(&[format!("serving {}", new.pid), reloaded(1)]);
    stop(&mut played);
}

fn counts_go_up_and_down() {
    let (mut played, old) = begin("counts", &["web=1"], 1);
    fs::write(file(&played, "web"), "2").unwrap();
    begin_reload(&mut played, Signal::SIGUSR1);
    // The new slot comes first.
    let added = played.expect_workers(1).remove(0);
    assert_eq!(added.slot, "0/1");
    played.expect(&format!("serving {}", added.pid));
    let first = replace(&mut played, &old[0], Signal::SIGUSR1, 1);

    fs::write(file(&played, "web"), "1").unwrap();
    begin_reload(&mut played, Signal::SIGUSR1);
    let lines = played.expect_lines(4);
    for start in [
        "worker 0/0 ",
        "serving ",
        &asked(&added, Signal::SIGUSR1),
        &asked(&first, Signal::SIGUSR1),
    ] {
        assert!(
            lines.iter().any(|line| line.starts_with(start)),
            "{lines:?}"
        );
    }
    tell(&added, Signal::SIGTERM);
    played.expect(&format!("exit {} 0", added.pid));
    tell(&first, Signal::SIGTERM);
    played.expect_in_any_order(&[format!("exit {} 0", first.pid), reloaded(1)]);
    stop(&mut played);
}

fn a_stop_ends_a_reload() {
    let (mut played, old) = begin("stopped", &["web=2"], 2);
    fs::write(file(&played, "held"), "").unwrap();
    begin_reload(&mut played, Signal::SIGUSR1);
    let held = played.expect_workers(1).remove(0);
    played.signal(Signal::SIGTERM);
    let lines = played.expect_up_to("stopped");
    for worker in [&old[0], &old[1], &held] {
        let exit = format!("exit {} 0", worker.pid);
        assert!(lines.contains(&exit), "{exit} in {lines:?}");
    }
    let is_about_reload = |line: &String| line.contains("reload");
    assert!(!lines.iter().any(is_about_reload), "{lines:?}");
    played.expect_silence();
}

fn an_old_process_that_stays_is_killed() {
    let (mut played, old) = begin("killed-old", &["web=1", "patience=20"], 1);
    begin_reload(&mut played, Signal::SIGUSR1);
    // It does not even drain, and the reload goes on all the same.
    let lines = played.expect_up_to(&format!("exit {} 9", old[0].pid));
    assert!(
        lines.contains(&asked(&old[0], Signal::SIGUSR1)),
        "{lines:?}"
    );
}

fn a_graceful_reload_does_not_kill() {
    let (mut played, old) = begin("graceful-reload", &["web=1", "patience=20"], 1);
    begin_reload(&mut played, Signal::SIGUSR2);
    let new = replace(&mut played, &old[0], Signal::SIGUSR2, 1);
    // A whole forced reload passes, with its kill, and the one that was asked gracefully is still there.
    begin_reload(&mut played, Signal::SIGUSR1);
    played.expect_up_to(&format!("exit {} 9", new.pid));
    tell(&old[0], Signal::SIGUSR2);
    played.expect_up_to(&asked(&old[0], Signal::SIGUSR2));
}

fn a_graceful_reload_kills_when_told_to() {
    let (mut played, old) = begin("hurried", &["web=1", "patience=20", "hurried"], 1);
    begin_reload(&mut played, Signal::SIGUSR2);
    let lines = played.expect_up_to(&format!("exit {} 9", old[0].pid));
    assert!(
        lines.contains(&asked(&old[0], Signal::SIGUSR2)),
        "{lines:?}"
    );
}

fn a_process_that_drains_by_itself_is_replaced_at_once() {
    let (mut played, old) = begin("recycled", &["web=1", "recycling"], 1);
    tell(&old[0], DRAIN);
    played.expect("worker 0/0 ");
    played.expect("serving ");
    tell(&old[0], Signal::SIGTERM);
    played.expect(&format!("exit {} 0", old[0].pid));
    stop(&mut played);
}

fn the_command_reloads() {
    let (mut played, old) = begin("command-reload", &["web=1"], 1);
    assert_eq!(reload(&played.files, true).unwrap(), played.pid());
    played.expect("log Workerman[start.php] reloading");
    replace(&mut played, &old[0], Signal::SIGUSR2, 1);
    stop(&mut played);
    assert!(matches!(
        reload(&played.files, false),
        Err(TellError::NotRunning)
    ));
    // A process that looks like a master and is none: a worker of another service.
    let mut other = Played::start(service::ROLE, "foreign", &[]);
    let worker = other.expect_workers(3)[0].pid;
    fs::write(&other.files.pid_file, worker.to_string()).unwrap();
    assert!(matches!(
        reload(&other.files, false),
        Err(TellError::NotReady { .. })
    ));
}

fn systemd_is_notified() {
    let directory = directory("notified");
    let path = directory.join("notify");
    let socket = UnixDatagram::bind(&path).unwrap();
    let words = ["web=2"];
    let mut played = Played::start_notifying(ROLE, &directory, &words, path.to_str().unwrap());
    let received = || {
        let mut message = [0; 256];
        let length = socket.recv(&mut message).unwrap();
        String::from_utf8(message[..length].to_vec()).unwrap()
    };
    // The role is a daemon, whose process systemd does not know.
    let ready = format!("READY=1\nMAINPID={}", played.pid());
    assert_eq!(received(), ready);
    let lines = [
        played.expect_up_to("serving "),
        played.expect_up_to("serving "),
    ]
    .concat();
    let pids: Vec<i32> = lines
        .iter()
        .filter_map(|line| line.strip_prefix("serving ")?.parse().ok())
        .collect();
    assert_eq!(pids.len(), 2, "ready when all serve: {lines:?}");

    fs::write(file(&played, "web"), "0").unwrap();
    played.signal(Signal::SIGUSR1);
    let reloading = received();
    let time = reloading
        .strip_prefix("RELOADING=1\nMONOTONIC_USEC=")
        .unwrap();
    assert!(time.parse::<u64>().unwrap() > 0);
    assert_eq!(received(), ready);
    played.signal(Signal::SIGTERM);
    assert_eq!(received(), "STOPPING=1");
}

fn begin_reload(played: &mut Played, signal: Signal) {
    played.signal(signal);
    played.expect("log Workerman[start.php] reloading");
}

/// A new process serves in the place of the old one, which is asked then, and drains. The reload ends with it.
fn replace(played: &mut Played, old: &Begun, signal: Signal, replaced: usize) -> Begun {
    let new = played.expect_workers(1).remove(0);
    assert_eq!(new.slot, old.slot);
    played.expect_in_any_order(&[format!("serving {}", new.pid), asked(old, signal)]);
    tell(old, DRAIN);
    played.expect(&reloaded(replaced));
    new
}

/// Lets a process serve, with what follows from it.
fn serve(played: &mut Played, worker: &Begun, then: &str) {
    tell(worker, SERVE);
    played.expect_in_any_order(&[format!("serving {}", worker.pid), then.to_owned()]);
}

/// The old process ends, and the next one begins.
fn exit_and_begin(played: &mut Played, old: &Begun) -> Begun {
    let lines = played.expect_lines(2);
    assert!(lines.contains(&format!("exit {} 0", old.pid)), "{lines:?}");
    let worker = lines.into_iter().find(|line| line.starts_with("worker "));
    begun(worker.unwrap())
}

fn asked(worker: &Begun, signal: Signal) -> String {
    format!("asked {} {signal}", worker.pid)
}

fn reloaded(count: usize) -> String {
    format!("log Workerman[start.php] reloaded, processes replaced: {count}")
}

fn file(played: &Played, name: &str) -> std::path::PathBuf {
    played.files.start_file.with_file_name(name)
}

fn stop(played: &mut Played) {
    played.signal(Signal::SIGTERM);
    played.expect_up_to("stopped");
    played.expect_silence();
    assert!(played.wait().success());
}
