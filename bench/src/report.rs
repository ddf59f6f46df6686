use std::{collections::BTreeMap, fmt};

use crate::{
    load::Outcome,
    scenario::{Manner, Scenario},
    server::Kind,
};

/// The measurements of one server.
pub struct Series {
    pub kind: Kind,
    pub outcomes: Vec<Outcome>,
}

impl Series {
    pub const fn new(kind: Kind) -> Self {
        Self {
            kind,
            outcomes: Vec::new(),
        }
    }

    /// Messages a second.
    pub fn rate(&self) -> f64 {
        self.median(Outcome::rate)
    }

    fn median(&self, value: impl Fn(&Outcome) -> f64) -> f64 {
        let mut values: Vec<f64> = self.outcomes.iter().map(value).collect();
        values.sort_by(f64::total_cmp);
        values.get(values.len() / 2).copied().unwrap_or_default()
    }

    fn cpu(&self) -> f64 {
        self.median(|outcome| outcome.micros_per_message(outcome.usage.user + outcome.usage.system))
    }

    fn user(&self) -> f64 {
        self.median(|outcome| outcome.micros_per_message(outcome.usage.user))
    }

    fn mebibytes(&self) -> f64 {
        self.median(|outcome| outcome.resident_bytes as f64) / 1024.0 / 1024.0
    }
}

/// What was measured in one scenario.
#[derive(Default)]
struct Tables {
    /// As fast as it goes, or the memory.
    saturated: Vec<Series>,
    /// At a rate.
    fixed: Option<(f64, Vec<Series>)>,
}

/// All measurements: Markdown, with a table for each scenario. The first server is what the others are compared with.
#[derive(Default)]
pub struct Report {
    scenarios: BTreeMap<Scenario, Tables>,
}

impl Report {
    pub fn add(&mut self, scenario: Scenario, rate: Option<f64>, all: Vec<Series>) {
        let tables = self.scenarios.entry(scenario).or_default();
        match rate {
            Some(rate) => tables.fixed = Some((rate, all)),
            None => tables.saturated = all,
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (scenario, tables) in &self.scenarios {
            writeln!(out, "\n### {scenario}\n")?;
            if scenario.manner() == Manner::Memory {
                write_memory(out, &tables.saturated)?;
                continue;
            }
            write_costs(out, tables)?;
        }
        Ok(())
    }
}

fn write_memory(out: &mut fmt::Formatter<'_>, all: &[Series]) -> fmt::Result {
    writeln!(out, "| server | KiB per client | resident MiB |")?;
    writeln!(out, "|---|---|---|")?;
    for series in all {
        let each = series.median(|outcome| outcome.bytes_per_client) / 1024.0;
        let (kind, total) = (&series.kind, series.mebibytes());
        writeln!(out, "| {kind} | {each:.2} | {total:.1} |")?;
    }
    Ok(())
}

fn write_costs(out: &mut fmt::Formatter<'_>, tables: &Tables) -> fmt::Result {
    let none = (0.0, Vec::new());
    let (rate, fixed) = tables.fixed.as_ref().unwrap_or(&none);
    // What is only measured at a rate costs what it costs there.
    let costs = if tables.saturated.is_empty() {
        fixed
    } else {
        &tables.saturated
    };
    writeln!(
        out,
        "| server | messages/s | CPU us per message (user) | to the first | user above it | p50 us | p99 us | p50 at {rate:.0}/s | p99 | resident MiB |"
    )?;
    writeln!(out, "|---|---|---|---|---|---|---|---|---|---|")?;
    let first = costs
        .first()
        .map_or((1.0, 0.0), |first| (first.cpu(), first.user()));
    for series in costs {
        let at_rate = fixed.iter().find(|other| other.kind == series.kind);
        let at_rate = |value: fn(&Outcome) -> f64| {
            at_rate.map_or(String::new(), |series| {
                format!("{:.0}", series.median(value))
            })
        };
        writeln!(
            out,
            "| {} | {:.0} | {:.2} ({:.2}) | {:.2} | {:+.2} | {:.0} | {:.0} | {} | {} | {:.1} |",
            series.kind,
            series.rate(),
            series.cpu(),
            series.user(),
            series.cpu() / first.0,
            series.user() - first.1,
            series.median(|outcome| outcome.p50),
            series.median(|outcome| outcome.p99),
            at_rate(|outcome| outcome.p50),
            at_rate(|outcome| outcome.p99),
            series.mebibytes(),
        )?;
    }
    Ok(())
}
