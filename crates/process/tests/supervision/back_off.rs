//! Processes that fail again and again.

use crate::Scenario;
use crate::driver::{Played, directory};
use crate::fleet::ROLE;
use ouvrier_process::Signal;

pub(crate) const SCENARIOS: &[Scenario] = &[
    (
        "failures_in_a_row_are_met_with_growing_pauses",
        failures_in_a_row_are_met_with_growing_pauses,
    ),
    ("a_reload_forgives", a_reload_forgives),
];

fn failures_in_a_row_are_met_with_growing_pauses() {
    let mut service = start_broken("back-off");
    fail(&mut service);
    for (failures, pause) in [(2, "0.02"), (3, "0.04"), (4, "0.05"), (5, "0.05")] {
        fail_with_pause(&mut service, failures, pause);
    }
    std::fs::remove_file(broken_file(&service)).unwrap();
    let last = service.expect_up_to("serving ");
    assert!(last.len() >= 2, "{last:?}");
    service.signal(Signal::SIGTERM);
    service.expect_up_to("stopped");
}

fn a_reload_forgives() {
    let mut service = start_broken("forgiven");
    service.expect_up_to("log Workerman[start.php] worker[web] id 0 has failed 3 times");
    service.signal(Signal::SIGUSR1);
    service.expect_up_to("log Workerman[start.php] reloading");
    service.expect_up_to("log Workerman[start.php] reload stopped: worker[web:");
    let mut service = start_broken("forgiven-count");
    service.expect_up_to("log Workerman[start.php] worker[web] id 0 has failed 3 times");
    service.signal(Signal::SIGUSR1);
    service.expect_up_to("log Workerman[start.php] reloading");
    service.expect_up_to("log Workerman[start.php] worker[web] id 0 has failed 2 times");
}

fn start_broken(scenario: &str) -> Played {
    let directory = directory(scenario);
    std::fs::write(directory.join("broken"), "").unwrap();
    Played::start_notifying(ROLE, &directory, &["web=1"], "")
}

fn broken_file(service: &Played) -> std::path::PathBuf {
    service.files.start_file.with_file_name("broken")
}

fn fail(service: &mut Played) {
    let pid = service.expect_workers(1)[0].pid;
    service.expect(&format!("log worker[web:{pid}] exit with status 768"));
    service.expect(&format!("exit {pid} 768"));
}

fn fail_with_pause(service: &mut Played, failures: u32, pause: &str) {
    let pid = service.expect_workers(1)[0].pid;
    service.expect(&format!("log worker[web:{pid}] exit with status 768"));
    service.expect(&format!(
        "log Workerman[start.php] worker[web] id 0 has failed {failures} times in a row, next try in {pause} s"
    ));
    service.expect(&format!("exit {pid} 768"));
}
