//! Workers begin, die and are replaced.

use nix::sys::signal::kill;
use ouvrier_process::{Pid, Signal};

use crate::driver::{Begun, Played};
use crate::{Scenario, service};

pub(crate) const SCENARIOS: &[Scenario] = &[
    (
        "all_workers_begin_with_their_ids",
        all_workers_begin_with_their_ids,
    ),
    ("a_killed_worker_is_replaced", a_killed_worker_is_replaced),
    ("the_raw_status_is_reported", the_raw_status_is_reported),
    (
        "a_worker_begins_with_fresh_signals",
        a_worker_begins_with_fresh_signals,
    ),
    (
        "signals_without_a_meaning_do_not_end_the_master",
        signals_without_a_meaning_do_not_end_the_master,
    ),
    (
        "workers_end_with_a_killed_master",
        workers_end_with_a_killed_master,
    ),
];

fn all_workers_begin_with_their_ids() {
    let mut service = Played::start(service::ROLE, "begin", &[]);
    let slots: Vec<String> = service
        .expect_workers(3)
        .into_iter()
        .map(|worker| worker.slot)
        .collect();
    assert_eq!(slots, ["0/0", "0/1", "1/0"]);
}

fn a_killed_worker_is_replaced() {
    let mut service = Played::start(service::ROLE, "killed", &[]);
    let mut worker = service.expect_workers(3)[1].clone();
    for _ in 0..3 {
        let replacement = kill_and_replace(&mut service, &worker, "web");
        assert_ne!(replacement.pid, worker.pid);
        worker = replacement;
    }
}

fn the_raw_status_is_reported() {
    let mut service = Played::start(service::ROLE, "status", &[]);
    let worker = service.expect_workers(3)[2].clone();
    kill(Pid::from_raw(worker.pid), Signal::SIGUSR1).unwrap();
    service.expect(&format!(
        "log worker[text:{}] exit with status 768",
        worker.pid
    ));
    service.expect(&format!("exit 1/0 {} 768", worker.pid));
    service.expect("worker 1/0 ");
}

fn a_worker_begins_with_fresh_signals() {
    let mut service = Played::start(service::ROLE, "fresh", &[]);
    let first = service.expect_workers(3)[0].clone();
    let replacement = kill_and_replace(&mut service, &first, "web");
    for worker in [first, replacement] {
        let masks: Vec<u64> = worker
            .line
            .split(' ')
            .skip(3)
            .map(|mask| u64::from_str_radix(&mask[7..], 16).unwrap())
            .collect();
        let bits = |signals: &[Signal]| {
            signals
                .iter()
                .fold(0, |bits, &signal| bits | 1_u64 << (signal as u64 - 1))
        };
        let handled = [
            Signal::SIGINT,
            Signal::SIGTERM,
            Signal::SIGHUP,
            Signal::SIGTSTP,
            Signal::SIGQUIT,
            Signal::SIGCHLD,
        ];
        let unhandled = [
            Signal::SIGUSR1,
            Signal::SIGUSR2,
            Signal::SIGABRT,
            Signal::SIGIO,
        ];
        assert_eq!(masks[0], 0, "blocked: {}", worker.line);
        assert_eq!(masks[1] & bits(&unhandled), 0, "ignored: {}", worker.line);
        assert_ne!(
            masks[1] & bits(&[Signal::SIGPIPE]),
            0,
            "ignored: {}",
            worker.line
        );
        assert_eq!(masks[2] & bits(&handled), 0, "caught: {}", worker.line);
    }
}

fn signals_without_a_meaning_do_not_end_the_master() {
    let mut service = Played::start(service::ROLE, "meaningless", &[]);
    let worker = service.expect_workers(3)[0].clone();
    for signal in [Signal::SIGPIPE, Signal::SIGWINCH, Signal::SIGCONT] {
        service.signal(signal);
    }
    kill_and_replace(&mut service, &worker, "web");
}

fn workers_end_with_a_killed_master() {
    let mut service = Played::start(service::ROLE, "orphans", &["stubborn"]);
    service.expect_workers(3);
    service.signal(Signal::SIGKILL);
    service.expect_silence();
}

fn kill_and_replace(service: &mut Played, worker: &Begun, group: &str) -> Begun {
    kill(Pid::from_raw(worker.pid), Signal::SIGKILL).unwrap();
    service.expect(&format!(
        "log worker[{group}:{}] exit with status 9",
        worker.pid
    ));
    service.expect(&format!("exit {} {} 9", worker.slot, worker.pid));
    let replacement = service.expect_workers(1).remove(0);
    assert_eq!(replacement.slot, worker.slot);
    replacement
}
