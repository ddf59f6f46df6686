//! How the cost of a message grows with the number of clients, where one scenario was measured with several.

use std::fmt;

use super::{Series, Table, verdicts::Verdict};
use crate::{goals, load::Outcome};

pub(super) fn write(out: &mut fmt::Formatter<'_>, tables: &[Table]) -> fmt::Result {
    let mut done = Vec::new();
    for table in tables {
        let scenario = table.case.scenario;
        let same = tables
            .iter()
            .filter(|other| other.case.scenario == scenario);
        let mut crowds: Vec<_> = same.filter_map(Crowd::of).collect();
        if crowds.len() > 1 && !done.contains(&scenario) {
            done.push(scenario);
            crowds.sort_by_key(|crowd| crowd.clients);
            writeln!(out, "\n### {scenario} by clients\n")?;
            write_crowds(out, &crowds)?;
        }
    }
    Ok(())
}

/// So many clients, of the first server and of Ouvrier.
struct Crowd<'a> {
    clients: usize,
    first: &'a Series,
    ouvrier: &'a Series,
}

impl<'a> Crowd<'a> {
    fn of(table: &'a Table) -> Option<Self> {
        Some(Self {
            clients: table.case.clients,
            first: table.first()?,
            ouvrier: table.ouvrier()?,
        })
    }
}

fn write_crowds(out: &mut fmt::Formatter<'_>, crowds: &[Crowd<'_>]) -> fmt::Result {
    let Some(fewest) = crowds.first() else {
        return Ok(());
    };
    let name = &fewest.first.kind;
    writeln!(
        out,
        "| clients | {name}: CPU (user) | times the fewest | ouvrier: CPU (user) | times the fewest | that, times {name} |"
    )?;
    writeln!(out, "|---|---|---|---|---|---|")?;
    for crowd in crowds {
        let first = growth(crowd.first, fewest.first);
        let ouvrier = growth(crowd.ouvrier, fewest.ouvrier);
        let (first_cost, ouvrier_cost) = (cost(crowd.first), cost(crowd.ouvrier));
        let verdict = Verdict::ceiling("", ouvrier / first, goals::GROWTH);
        writeln!(
            out,
            "| {} | {first_cost} | {first:.2} | {ouvrier_cost} | {ouvrier:.2} | {verdict} |",
            crowd.clients
        )?;
    }
    Ok(())
}

fn growth(series: &Series, fewest: &Series) -> f64 {
    series.median(Outcome::cpu) / fewest.median(Outcome::cpu)
}

fn cost(series: &Series) -> String {
    let (cpu, user) = (series.median(Outcome::cpu), series.median(Outcome::user));
    format!("{cpu:.2} ({user:.2})")
}
