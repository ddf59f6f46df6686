//! Masters and workers as real processes.
//!
//! This program is its own test runner, because a process that forks must have one thread. Called with the name of a role as first
//! argument it plays that role; otherwise it runs the scenarios, which start it anew in a role and read its standard output.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::io::{self, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;

mod back_off;
mod caller;
mod daemon;
mod driver;
mod fleet;
mod memory;
mod reloading;
mod replacing;
mod reporting;
mod service;
mod stopping;

type Scenario = (&'static str, fn());

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.first().map(String::as_str) {
        Some(service::ROLE) => service::play(&arguments[1..]),
        Some(fleet::ROLE) => fleet::play(&arguments[1..]),
        Some(daemon::ROLE) => daemon::play(&arguments[1..]),
        Some("--list") => ExitCode::SUCCESS,
        _ => run(arguments.iter().find(|argument| !argument.starts_with('-'))),
    }
}

fn run(filter: Option<&String>) -> ExitCode {
    let scenarios = replacing::SCENARIOS
        .iter()
        .chain(stopping::SCENARIOS)
        .chain(reloading::SCENARIOS)
        .chain(reporting::SCENARIOS)
        .chain(back_off::SCENARIOS)
        .chain(daemon::SCENARIOS)
        .chain(memory::SCENARIOS);
    let mut failures = 0;
    for (name, scenario) in
        scenarios.filter(|(name, _)| filter.is_none_or(|filter| name.contains(filter)))
    {
        let passed = catch_unwind(AssertUnwindSafe(scenario)).is_ok();
        failures += usize::from(!passed);
        say(&format!(
            "test {name} ... {}",
            if passed { "ok" } else { "FAILED" }
        ));
    }
    if failures == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// Writes one line in one piece, so that the lines of several processes do not mix.
fn say(line: &str) {
    io::stdout()
        .write_all(format!("{line}\n").as_bytes())
        .unwrap();
}
