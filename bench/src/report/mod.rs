//! All measurements as Markdown: an overview, the goals, then a table for each scenario. The first server is what the others are compared with.

mod growth;
mod overview;
mod series;
mod verdicts;

use std::fmt;

pub use series::Series;

use crate::{
    load::Outcome,
    scenario::{Case, Manner},
    server::Kind,
};

/// What was measured in one scenario.
struct Table {
    case: Case,
    /// Parts of `capacity` at which latency was measured.
    loads: Vec<f64>,
    /// Messages a second.
    capacity: f64,
    all: Vec<Series>,
}

#[derive(Default)]
pub struct Report {
    tables: Vec<Table>,
}

impl Report {
    pub fn add(&mut self, case: Case, loads: Vec<f64>, capacity: f64, all: Vec<Series>) {
        self.tables.push(Table {
            case,
            loads,
            capacity,
            all,
        });
    }
}

impl fmt::Display for Report {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        overview::write(out, &self.tables)?;
        verdicts::write(out, &self.tables)?;
        growth::write(out, &self.tables)?;
        for table in &self.tables {
            writeln!(out, "\n### {}\n", table.case)?;
            match table.is_memory() {
                true => table.write_memory(out)?,
                false => table.write_costs(out)?,
            }
            table.write_connections(out)?;
            table.write_failures(out)?;
        }
        Ok(())
    }
}

impl Table {
    /// Those that got through.
    fn whole(&self) -> impl Iterator<Item = &Series> {
        self.all.iter().filter(|series| series.is_whole())
    }

    /// What the others are compared with.
    fn first(&self) -> Option<&Series> {
        self.all.first().filter(|series| series.is_whole())
    }

    fn ouvrier(&self) -> Option<&Series> {
        self.whole().find(|series| series.kind == Kind::Ouvrier)
    }

    fn is_memory(&self) -> bool {
        self.case.scenario.manner() == Manner::Memory
    }

    fn write_memory(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(out, "| server | KiB per client | resident MiB |")?;
        writeln!(out, "|---|---|---|")?;
        for series in self.whole() {
            let each = kibibytes_per_client(series);
            let (kind, total) = (&series.kind, series.mebibytes());
            writeln!(out, "| {kind} | {each:.2} | {total:.1} |")?;
        }
        Ok(())
    }

    fn write_costs(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self
            .all
            .first()
            .map_or(String::new(), |series| series.kind.to_string());
        write!(
            out,
            "| server | messages/s | CPU (user) | to {name} | ouvrier to it | p50 | p99 |"
        )?;
        for load in &self.loads {
            write!(out, " p50, p99 at {} |", percent(*load))?;
        }
        writeln!(
            out,
            " MiB |\n|---|---|---|---|---|---|---|---|{}",
            "---|".repeat(self.loads.len())
        )?;
        for series in self.whole() {
            self.write_cost(out, series)?;
        }
        Ok(())
    }

    fn write_cost(&self, out: &mut fmt::Formatter<'_>, series: &Series) -> fmt::Result {
        let ratio = |to: Option<f64>| to.map_or(String::new(), |ratio| format!("{ratio:.2}"));
        write!(
            out,
            "| {} | {} | {:.2} ({:.2}) | {} | {} | {} | {} |",
            series.kind,
            grouped(series.median(Outcome::rate)),
            series.median(Outcome::cpu),
            series.median(Outcome::user),
            ratio(self.first().map(|first| series.to(first, Outcome::cpu))),
            ratio(
                self.ouvrier()
                    .map(|ouvrier| ouvrier.to(series, Outcome::cpu))
            ),
            grouped(series.median(|outcome| outcome.p50)),
            grouped(series.median(|outcome| outcome.p99)),
        )?;
        for (place, load) in self.loads.iter().enumerate() {
            match self.keeps_up(series, place, *load) {
                true => write!(
                    out,
                    " {}, {} |",
                    grouped(series.median_at(place, |outcome| outcome.p50)),
                    grouped(series.median_at(place, |outcome| outcome.p99)),
                )?,
                false => write!(out, " too much |")?,
            }
        }
        writeln!(out, " {:.1} |", series.mebibytes())
    }

    /// Whether a server answers as many messages at a load as it is sent.
    fn keeps_up(&self, series: &Series, place: usize, load: f64) -> bool {
        const ALMOST: f64 = 0.95;
        let offered = self.capacity * load;
        series.median_at(place, Outcome::rate) >= offered * ALMOST
    }

    fn write_connections(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for series in self.whole() {
            let last = series.visits.last().map(|visit| &visit.main.connections);
            if let Some(connections) = last.filter(|connections| connections.len() > 1) {
                let each: Vec<String> = connections.iter().map(usize::to_string).collect();
                writeln!(
                    out,
                    "\nConnections of the workers of {}: {}.",
                    series.kind,
                    each.join(", ")
                )?;
            }
        }
        Ok(())
    }

    fn write_failures(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for series in &self.all {
            if let Some(failure) = &series.failure {
                writeln!(out, "\n{} failed: {failure}.", series.kind)?;
            }
        }
        Ok(())
    }
}

fn kibibytes_per_client(series: &Series) -> f64 {
    series.median(|outcome| outcome.bytes_per_client) / 1024.0
}

fn percent(share: f64) -> String {
    format!("{:.0} %", share * 100.0)
}

/// Thousands apart: 12,345.
fn grouped(number: f64) -> String {
    let digits = format!("{number:.0}");
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place) % 3 == 0 && digit.is_ascii_digit() {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_stand_apart() {
        assert_eq!(grouped(12.4), "12");
        assert_eq!(grouped(123_456.7), "123,457");
        assert_eq!(grouped(1_234_567.0), "1,234,567");
    }
}
