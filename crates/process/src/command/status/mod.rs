//! `status`: what the processes of a service do.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use serde::Serialize;

use super::QueryError;
use super::query::query;
use crate::files::Files;
use crate::report::{Process, Service};
use crate::signal;

mod table;

/// The state of a service at one moment.
///
/// As JSON: `service` and `processes`, with the keys of [`Service`] and [`Process`], and `unresponsive`, the processes that have not
/// answered.
#[derive(Clone, Debug, Serialize)]
pub struct Status {
    /// From the master.
    pub service: Service,
    /// From the processes that have answered, in the order of their numbers.
    pub processes: Vec<Process>,
    /// The processes that have not.
    pub unresponsive: Vec<i32>,
}

/// Asks the service of `files`. Takes up to a second if a process does not answer.
///
/// # Errors
///
/// See [`QueryError`].
pub fn status(files: &Files) -> Result<Status, QueryError> {
    let answers = query(files, &files.status_file, signal::STATUS)?;
    Ok(Status::new(answers.service, answers.processes))
}

impl Status {
    fn new(service: Service, mut processes: Vec<Process>) -> Self {
        processes.sort_by_key(|process| process.pid);
        let has_answered = |pid| processes.iter().any(|process| process.pid == pid);
        let expected = service.processes.iter().map(|process| process.pid);
        let mut unresponsive: Vec<i32> = expected.filter(|&pid| !has_answered(pid)).collect();
        unresponsive.sort_unstable();
        Self {
            service,
            processes,
            unresponsive,
        }
    }

    /// For people, as Workerman shows it. On a terminal with less than `width` columns for that, less important ones give way; `None`
    /// is as wide as it takes.
    #[must_use]
    pub fn table(&self, rates: &Rates, width: Option<usize>) -> String {
        table::render(self, rates, width)
    }

    /// For programs.
    #[must_use]
    pub fn json(&self) -> String {
        // Neither a map with other keys than strings nor a value that refuses is in it.
        serde_json::to_string_pretty(self).expect("plain data")
    }
}

/// Requests per second of each process, between two states of a service.
#[derive(Clone, Debug, Default)]
pub struct Rates {
    previous: Option<Instant>,
    totals: HashMap<i32, u64>,
    rates: HashMap<i32, u64>,
}

impl Rates {
    /// Takes note of a state that was seen at `now`. A process that was not in the state before has no rate yet.
    pub fn update(&mut self, status: &Status, now: Instant) {
        let passed = self.previous.map_or(Duration::ZERO, |previous| {
            now.saturating_duration_since(previous)
        });
        let rate = |process: &Process| {
            let before = self.totals.get(&process.pid)?;
            let requests = process.total_request.saturating_sub(*before);
            (!passed.is_zero()).then(|| (requests as f64 / passed.as_secs_f64()).round() as u64)
        };
        self.rates = status
            .processes
            .iter()
            .filter_map(|process| Some((process.pid, rate(process)?)))
            .collect();
        self.totals = status
            .processes
            .iter()
            .map(|process| (process.pid, process.total_request))
            .collect();
        self.previous = Some(now);
    }

    /// The requests per second of a process; 0 for one that is not known.
    #[must_use]
    pub fn of(&self, pid: i32) -> u64 {
        self.rates.get(&pid).copied().unwrap_or(0)
    }

    /// Of all processes together.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.rates.values().sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Expected;

    fn process(pid: i32, total_request: u64) -> Process {
        Process {
            pid,
            total_request,
            ..Process::default()
        }
    }

    fn status(processes: Vec<Process>) -> Status {
        Status::new(Service::default(), processes)
    }

    #[test]
    fn rates_are_those_between_two_states() {
        let mut rates = Rates::default();
        let now = Instant::now();
        rates.update(&status(vec![process(1, 100), process(2, 5)]), now);
        assert_eq!(rates.total(), 0);
        let later = now + Duration::from_secs(2);
        rates.update(
            &status(vec![process(1, 301), process(2, 5), process(3, 9)]),
            later,
        );
        assert_eq!(
            [rates.of(1), rates.of(2), rates.of(3), rates.total()],
            [101, 0, 0, 101]
        );
        // The same moment again, and a process that has begun anew.
        rates.update(&status(vec![process(1, 1)]), later);
        assert_eq!(rates.of(1), 0);
    }

    #[test]
    fn the_keys_of_json_are_stable() {
        let expected = Expected {
            pid: 7,
            worker: "web".to_owned(),
            id: 1,
            listen: String::new(),
            asked: true,
            retired: false,
        };
        let service = Service {
            load_average: Some([0.5, 0.25, 0.0]),
            processes: vec![expected],
            ..Service::default()
        };
        let json: serde_json::Value =
            serde_json::from_str(&Status::new(service, vec![process(3, 4)]).json()).unwrap();
        assert_eq!(json["unresponsive"], serde_json::json!([7]));
        let keys = |value: &serde_json::Value| -> Vec<String> {
            value.as_object().unwrap().keys().cloned().collect()
        };
        let mut service: Vec<&str> = "pid version_line versions daemonized start_time started_at \
            uptime_seconds load_average reloading workers processes"
            .split_whitespace()
            .collect();
        let mut process: Vec<&str> =
            "pid worker id listen memory_bytes connections send_fail timers \
            total_request state busy_ms callback send_queue_bytes dropped datagrams_dropped slow_clients refused \
            closed_slow closed_late closed_faulty closed_silent closed_idle accepting \
            draining"
                .split_whitespace()
                .collect();
        service.sort_unstable();
        process.sort_unstable();
        let sorted = |value: &serde_json::Value| {
            let mut keys = keys(value);
            keys.sort_unstable();
            keys
        };
        assert_eq!(sorted(&json["service"]), service);
        assert_eq!(sorted(&json["processes"][0]), process);
        assert_eq!(json["processes"][0]["state"], "idle");
    }
}
