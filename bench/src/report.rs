use std::{collections::BTreeMap, fmt};

use crate::{load::Outcome, scenario::Scenario, server::Kind};

/// All measurements, by what and whose they are.
#[derive(Default)]
pub struct Report {
    scenarios: BTreeMap<Scenario, Vec<(Kind, Vec<Outcome>)>>,
}

impl Report {
    pub fn add(&mut self, scenario: Scenario, kind: Kind, outcome: Outcome) {
        let rows = self.scenarios.entry(scenario).or_default();
        match rows.iter_mut().find(|(known, _)| *known == kind) {
            Some((_, outcomes)) => outcomes.push(outcome),
            None => rows.push((kind, vec![outcome])),
        }
    }
}

/// One server's medians.
struct Row {
    kind: Kind,
    rate: f64,
    p50: f64,
    p99: f64,
    cpu: f64,
    user: f64,
    resident: f64,
    per_client: f64,
}

impl Row {
    fn new(kind: Kind, outcomes: &[Outcome]) -> Self {
        let median = |value: &dyn Fn(&Outcome) -> f64| median(outcomes.iter().map(value).collect());
        Self {
            kind,
            rate: median(&|outcome| outcome.messages as f64 / outcome.seconds),
            p50: median(&|outcome| outcome.p50),
            p99: median(&|outcome| outcome.p99),
            cpu: median(&|outcome| {
                outcome.micros_per_message(outcome.usage.user + outcome.usage.system)
            }),
            user: median(&|outcome| outcome.micros_per_message(outcome.usage.user)),
            resident: median(&|outcome| outcome.resident_bytes as f64 / 1024.0 / 1024.0),
            per_client: median(&|outcome| outcome.bytes_per_client / 1024.0),
        }
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}

/// A Markdown table for each scenario. The first server is what the others are compared with.
impl fmt::Display for Report {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (scenario, servers) in &self.scenarios {
            let rows: Vec<Row> = servers
                .iter()
                .map(|(kind, outcomes)| Row::new(*kind, outcomes))
                .collect();
            writeln!(out, "\n### {scenario}\n")?;
            match scenario {
                Scenario::Idle => write_memory(out, &rows)?,
                _ => write_costs(out, &rows)?,
            }
        }
        Ok(())
    }
}

fn write_memory(out: &mut fmt::Formatter<'_>, rows: &[Row]) -> fmt::Result {
    writeln!(out, "| server | KiB per client | resident MiB |")?;
    writeln!(out, "|---|---|---|")?;
    for row in rows {
        writeln!(
            out,
            "| {} | {:.2} | {:.1} |",
            row.kind, row.per_client, row.resident
        )?;
    }
    Ok(())
}

fn write_costs(out: &mut fmt::Formatter<'_>, rows: &[Row]) -> fmt::Result {
    writeln!(
        out,
        "| server | messages/s | CPU us per message (user) | to the first | p50 us | p99 us | resident MiB |"
    )?;
    writeln!(out, "|---|---|---|---|---|---|---|")?;
    let first = rows.first().map_or(1.0, |row| row.cpu);
    for row in rows {
        writeln!(
            out,
            "| {} | {:.0} | {:.2} ({:.2}) | {:.2} | {:.0} | {:.0} | {:.1} |",
            row.kind,
            row.rate,
            row.cpu,
            row.user,
            row.cpu / first,
            row.p50,
            row.p99,
            row.resident
        )?;
    }
    Ok(())
}
