//! The tables of `status`, in Workerman's layout.

use std::fmt::Write;

use super::{Rates, Status};
use crate::command::columns::{Columns, printable};
use crate::report::{ExitCount, Expected, Process, Service, State};

const HEADINGS: [&str; 10] = [
    "pid",
    "memory",
    "listening",
    "name",
    "connections",
    "send_fail",
    "timers",
    "total_request",
    "qps",
    "status",
];

/// What a narrow terminal does without: the address, which the name stands for, then timers, failures and memory.
const EXPENDABLE: [usize; 4] = [2, 6, 5, 1];

/// The narrowest column of a name or an address, with nothing longer in it.
const NARROWEST: usize = 8;

/// The words in the rules, and how long these are.
const RULE: usize = 120;

const DAY: u64 = 24 * 60 * 60;

pub(super) fn render(status: &Status, rates: &Rates, width: Option<usize>) -> String {
    let rows = rows(status, rates);
    let wide = wide(&rows);
    let is_fitting = width.is_none_or(|width| wide.lines().all(|line| line.len() < width));
    let rule_width = width.map_or(RULE, |width| width.min(RULE));
    let mut text = head(&status.service, rule_width);
    if is_fitting {
        let summary = wide.lines().count().saturating_sub(1);
        for (index, line) in wide.lines().enumerate() {
            if index == summary {
                text.push_str(&rule("PROCESS STATUS", rule_width));
            }
            text.push_str(line);
            text.push('\n');
        }
    } else {
        let mut columns = Columns::new(&HEADINGS, &EXPENDABLE);
        rows.into_iter().for_each(|row| columns.push(row));
        text.push_str(&columns.render(width.unwrap_or(RULE)));
    }
    text.push_str(&losses(&status.processes));
    printable(&text)
}

/// What the master knows.
fn head(service: &Service, rule_width: usize) -> String {
    let mode = if service.daemonized {
        "DAEMON"
    } else {
        "DEBUG"
    };
    let load = service.load_average.map_or_else(
        || "-, -, -".to_owned(),
        |load| load.map(|load| decimal(load, 2)).join(", "),
    );
    let (days, hours) = (
        service.uptime_seconds / DAY,
        service.uptime_seconds % DAY / (60 * 60),
    );
    format!(
        "Start worker in {mode} mode.\n{}{}\n\
        start time:{}   run {days} days {hours} hours   load average: {load}\n\
        {} workers    {} processes\n{}{}",
        rule("GLOBAL STATUS", rule_width),
        service.version_line,
        service.start_time,
        service.workers.len(),
        service.processes.len(),
        exits(service),
        rule("PROCESS STATUS", rule_width),
    )
}

/// How the processes of each worker have ended. One that never has is shown with zeros.
fn exits(service: &Service) -> String {
    let names = service.workers.iter().map(|worker| worker.name.as_str());
    let width = widest(names);
    let mut text = format!(
        "{:width$}     event-loop     exit_status     exit_count\n",
        "name"
    );
    let none = [ExitCount {
        status: 0,
        count: 0,
    }];
    for worker in &service.workers {
        let exits = if worker.exits.is_empty() {
            &none[..]
        } else {
            &worker.exits
        };
        for ExitCount { status, count } in exits {
            // Writing to a string does not fail.
            let _ = writeln!(
                text,
                "{:width$}     {:14} {status:<16}{count:<16}",
                worker.name, worker.event_loop
            );
        }
    }
    text
}

/// The cells of all processes, in the order of their numbers, and of their sum.
fn rows(status: &Status, rates: &Rates) -> Vec<Vec<String>> {
    let answered = status
        .processes
        .iter()
        .map(|process| (process.pid, answered(process, rates.of(process.pid))));
    let is_unresponsive = |process: &&Expected| status.unresponsive.contains(&process.pid);
    let silent = status.service.processes.iter().filter(is_unresponsive);
    let mut rows: Vec<_> = answered
        .chain(silent.map(|process| (process.pid, unresponsive(process, &status.service))))
        .collect();
    rows.sort_by_key(|&(pid, _)| pid);
    let rows = rows.into_iter().map(|(_, row)| row);
    rows.chain([summary(&status.processes, rates)]).collect()
}

fn answered(process: &Process, qps: u64) -> Vec<String> {
    let state = match (&process.state, &process.callback) {
        (State::Busy, callback) => {
            let seconds = decimal(process.busy_ms as f64 / 1000.0, 1);
            let callback = callback.as_deref().unwrap_or_default();
            format!("[busy {seconds}s {callback}]").replace(" ]", "]")
        }
        (State::Idle, _) if process.draining => "[draining]".to_owned(),
        (State::Idle, _) => "[idle]".to_owned(),
    };
    vec![
        process.pid.to_string(),
        megabytes(process.memory_bytes),
        process.listen.clone(),
        process.worker.clone(),
        process.connections.to_string(),
        process.send_fail.to_string(),
        process.timers.to_string(),
        process.total_request.to_string(),
        qps.to_string(),
        state,
    ]
}

fn unresponsive(process: &Expected, service: &Service) -> Vec<String> {
    let mut row = vec!["N/A".to_owned(); HEADINGS.len()];
    row[0] = process.pid.to_string();
    row[2].clone_from(&process.listen);
    row[3].clone_from(&process.worker);
    service.silence_of(process.pid).clone_into(&mut row[9]);
    row
}

fn summary(processes: &[Process], rates: &Rates) -> Vec<String> {
    let sum = |value: fn(&Process) -> u64| processes.iter().map(value).sum::<u64>();
    vec![
        "Summary".to_owned(),
        megabytes(sum(|process| process.memory_bytes)),
        "-".to_owned(),
        "-".to_owned(),
        sum(|process| process.connections).to_string(),
        sum(|process| process.send_fail).to_string(),
        sum(|process| process.timers).to_string(),
        sum(|process| process.total_request).to_string(),
        rates.total().to_string(),
        "[Summary]".to_owned(),
    ]
}

/// Workerman's layout, with the headings and without rules.
fn wide(rows: &[Vec<String>]) -> String {
    let listening = widest(rows.iter().map(|row| row[2].as_str()));
    let name = widest(rows.iter().map(|row| row[3].as_str()));
    let headings = HEADINGS.map(str::to_owned);
    let mut text = String::new();
    for row in std::iter::once(&headings[..]).chain(rows.iter().map(Vec::as_slice)) {
        // Writing to a string does not fail.
        let _ = writeln!(
            text,
            "{}\t{:7} {:listening$} {:name$} {:11} {:9} {:7} {:13} {:6} {}",
            row[0], row[1], row[2], row[3], row[4], row[5], row[6], row[7], row[8], row[9]
        );
    }
    text
}

type Counter = fn(&Process) -> u64;

/// What limits have cost clients, if they have cost any something.
fn losses(processes: &[Process]) -> String {
    let counters: [(&str, Counter); 8] = [
        ("messages dropped", |process| process.dropped),
        ("datagrams dropped", |process| process.datagrams_dropped),
        ("clients refused", |process| process.refused),
        ("closed as slow", |process| process.closed_slow),
        ("closed as late", |process| process.closed_late),
        ("closed as faulty", |process| process.closed_faulty),
        ("closed as silent", |process| process.closed_silent),
        ("closed as idle", |process| process.closed_idle),
    ];
    let counted =
        counters.map(|(name, counter)| (name, processes.iter().map(counter).sum::<u64>()));
    let parts: Vec<String> = counted
        .into_iter()
        .filter(|&(_, count)| count > 0)
        .map(|(name, count)| format!("{name}: {count}"))
        .collect();
    if parts.is_empty() {
        return String::new();
    }
    parts.join("   ") + "\n"
}

fn widest<'a>(cells: impl Iterator<Item = &'a str>) -> usize {
    cells
        .map(|cell| cell.chars().count())
        .max()
        .unwrap_or(0)
        .max(NARROWEST)
}

/// A line of dashes with words in the middle.
fn rule(words: &str, width: usize) -> String {
    format!("{words:-^width$}\n")
}

fn megabytes(bytes: u64) -> String {
    format!("{}M", decimal(bytes as f64 / (1024.0 * 1024.0), 2))
}

/// A number as PHP prints it after rounding: without zeros at the end.
fn decimal(number: f64, places: usize) -> String {
    let text = format!("{number:.places$}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Worker;

    fn status() -> Status {
        let worker = Worker {
            name: "web".to_owned(),
            event_loop: "select".to_owned(),
            exits: vec![ExitCount {
                status: 768,
                count: 2,
            }],
            ..Worker::default()
        };
        let expected = |pid, asked| Expected {
            pid,
            worker: "web".to_owned(),
            id: 0,
            listen: "http://127.0.0.1:28080".to_owned(),
            asked,
            retired: false,
        };
        let process = |pid| Process {
            pid,
            worker: "web".to_owned(),
            listen: "http://127.0.0.1:28080".to_owned(),
            memory_bytes: 1_226_834,
            connections: 1,
            total_request: 12,
            ..Process::default()
        };
        let busy = Process {
            state: State::Busy,
            busy_ms: 2_130,
            callback: Some("onMessage".to_owned()),
            ..process(4256)
        };
        let service = Service {
            version_line: "Workerman/5.2.2         PHP/8.2.36 (JIT off)          Linux/6.18.44"
                .to_owned(),
            start_time: "2026-11-23 02:48:07".to_owned(),
            uptime_seconds: 2 * DAY + 3_600,
            load_average: Some([3.35, 2.1, 0.0]),
            workers: vec![worker, Worker::default()],
            processes: vec![
                expected(4254, true),
                expected(4255, true),
                expected(4256, true),
                expected(4257, false),
            ],
            ..Service::default()
        };
        Status::new(service, vec![busy, process(4254)])
    }

    #[test]
    fn the_wide_layout_is_that_of_workerman() {
        let expected = "\
Start worker in DEBUG mode.
-----------------------------------------------------GLOBAL STATUS------------------------------------------------------
Workerman/5.2.2         PHP/8.2.36 (JIT off)          Linux/6.18.44
start time:2026-11-23 02:48:07   run 2 days 1 hours   load average: 3.35, 2.1, 0
2 workers    4 processes
name         event-loop     exit_status     exit_count
web          select         768             2               
                            0               0               
-----------------------------------------------------PROCESS STATUS-----------------------------------------------------
pid\tmemory  listening              name     connections send_fail timers  total_request qps    status
4254\t1.17M   http://127.0.0.1:28080 web      1           0         0       12            0      [idle]
4255\tN/A     http://127.0.0.1:28080 web      N/A         N/A       N/A     N/A           N/A    [busy]
4256\t1.17M   http://127.0.0.1:28080 web      1           0         0       12            0      [busy 2.1s onMessage]
4257\tN/A     http://127.0.0.1:28080 web      N/A         N/A       N/A     N/A           N/A    [starting]
-----------------------------------------------------PROCESS STATUS-----------------------------------------------------
Summary\t2.34M   -                      -        2           0         0       24            0      [Summary]
";
        assert_eq!(status().table(&Rates::default(), None), expected);
        assert_eq!(status().table(&Rates::default(), Some(120)), expected);
    }

    #[test]
    fn what_limits_have_cost_is_a_line_of_its_own() {
        let mut status = status();
        status.processes[0].refused = 2;
        status.processes[1].refused = 1;
        status.processes[1].closed_slow = 4;
        let table = status.table(&Rates::default(), None);
        assert!(
            table.ends_with("[Summary]\nclients refused: 3   closed as slow: 4\n"),
            "{table}"
        );
    }

    #[test]
    fn eighty_columns_are_enough() {
        let table = status().table(&Rates::default(), Some(80));
        let processes: Vec<&str> = table
            .lines()
            .skip_while(|line| !line.starts_with("pid "))
            .collect();
        assert_eq!(
            processes,
            [
                "pid     memory name connections total_request qps status",
                "4254    1.17M  web  1           12            0   [idle]",
                "4255    N/A    web  N/A         N/A           N/A [busy]",
                "4256    1.17M  web  1           12            0   [busy 2.1s onMessage]",
                "4257    N/A    web  N/A         N/A           N/A [starting]",
                "Summary 2.34M  -    2           24            0   [Summary]",
            ]
        );
        assert!(table.lines().all(|line| line.len() <= 80), "{table}");
    }

    #[test]
    fn numbers_are_printed_as_php_prints_them() {
        assert_eq!(decimal(1.0, 2), "1");
        assert_eq!(decimal(1.10, 2), "1.1");
        assert_eq!(decimal(20.0, 2), "20");
    }
}
