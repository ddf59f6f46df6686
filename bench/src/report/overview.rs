//! What a message costs, or a client that does nothing: a row for each scenario, a column for each server.

use std::fmt;

use super::{Series, Table, kibibytes_per_client};
use crate::load::Outcome;

pub(super) fn write(out: &mut fmt::Formatter<'_>, tables: &[Table]) -> fmt::Result {
    let Some(first) = tables.first() else {
        return Ok(());
    };
    writeln!(out, "\n### Overview\n")?;
    write!(out, "| scenario |")?;
    for series in &first.all {
        write!(out, " {} |", series.kind)?;
    }
    writeln!(out, "\n|---|{}", "---|".repeat(first.all.len()))?;
    for table in tables {
        write!(out, "| {} |", table.case)?;
        for series in &table.all {
            write!(out, " {} |", table.cost(series))?;
        }
        writeln!(out)?;
    }
    Ok(())
}

impl Table {
    fn cost(&self, series: &Series) -> String {
        if !series.is_whole() {
            return "failed".to_owned();
        }
        if self.is_memory() {
            return format!("{:.2} KiB", kibibytes_per_client(series));
        }
        let (cpu, user) = (series.median(Outcome::cpu), series.median(Outcome::user));
        format!("{cpu:.2} ({user:.2})")
    }
}
