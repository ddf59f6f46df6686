//! The goals, and whether they were reached: a row for each scenario, a column for each kind of goal.

use std::fmt;

use super::{Table, kibibytes_per_client, percent};
use crate::{
    goals::{self, Goals},
    load::Outcome,
    scenario::Scenario,
    server::Kind,
};

pub(super) fn write(out: &mut fmt::Formatter<'_>, tables: &[Table]) -> fmt::Result {
    let rows: Vec<_> = tables
        .iter()
        .map(|table| (table, table.verdicts()))
        .collect();
    let mut columns: Vec<&str> = Vec::new();
    for verdict in rows.iter().flat_map(|(_, verdicts)| verdicts) {
        if !columns.contains(&verdict.of.as_str()) {
            columns.push(&verdict.of);
        }
    }
    if columns.is_empty() {
        return Ok(());
    }
    let line = "---|".repeat(columns.len());
    writeln!(
        out,
        "\n### Goals\n\n| scenario | {} |\n|---|{line}",
        columns.join(" | ")
    )?;
    for (table, verdicts) in rows.iter().filter(|(_, verdicts)| !verdicts.is_empty()) {
        write!(out, "| {} |", table.case)?;
        for column in &columns {
            match verdicts.iter().find(|verdict| verdict.of == *column) {
                Some(verdict) => write!(out, " {verdict} |")?,
                None => write!(out, " |")?,
            }
        }
        writeln!(out)?;
    }
    Ok(())
}

/// How far one goal was reached.
pub(super) struct Verdict {
    of: String,
    measured: f64,
    goal: f64,
    /// Whether less is better.
    is_ceiling: bool,
}

impl Verdict {
    pub(super) fn ceiling(of: impl Into<String>, measured: f64, goal: f64) -> Self {
        Self {
            of: of.into(),
            measured,
            goal,
            is_ceiling: true,
        }
    }

    fn floor(of: impl Into<String>, measured: f64, goal: f64) -> Self {
        Self {
            is_ceiling: false,
            ..Self::ceiling(of, measured, goal)
        }
    }

    fn is_reached(&self) -> bool {
        match self.is_ceiling {
            true => self.measured <= self.goal,
            false => self.measured >= self.goal,
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (measured, goal) = (self.measured, self.goal);
        let bound = if self.is_ceiling { '≤' } else { '≥' };
        let word = if self.is_reached() {
            "pass"
        } else {
            "**fail**"
        };
        write!(out, "{measured:.2} ({bound} {goal}) {word}")
    }
}

impl Table {
    fn verdicts(&self) -> Vec<Verdict> {
        let Some(ouvrier) = self.ouvrier() else {
            return Vec::new();
        };
        let goals = Goals::of(self.case.scenario);
        let mut verdicts = Vec::new();
        if let Some(goal) = goals.memory {
            let measured = kibibytes_per_client(ouvrier);
            verdicts.push(Verdict::ceiling("KiB per client", measured, goal));
        }
        verdicts.extend(self.cpu(goals));
        verdicts.extend(self.user(goals));
        verdicts.extend(self.leads(goals));
        verdicts.extend(self.latencies());
        verdicts
    }

    fn cpu(&self, goals: Goals) -> Option<Verdict> {
        let (ouvrier, first) = (self.ouvrier()?, self.first()?);
        let of = format!("CPU, times {}", first.kind);
        Some(Verdict::ceiling(
            of,
            ouvrier.to(first, Outcome::cpu),
            goals.cpu?,
        ))
    }

    fn user(&self, goals: Goals) -> Option<Verdict> {
        let bare = self.whole().filter(|series| series.kind.is_bare());
        let best = bare
            .map(|series| series.median(Outcome::user))
            .min_by(f64::total_cmp)?;
        let measured = self.ouvrier()?.median(Outcome::user) - best;
        Some(Verdict::ceiling(
            "user CPU above the best without PHP",
            measured,
            goals.user?,
        ))
    }

    /// How far others with PHP are behind, in what the scenario is about.
    fn leads(&self, goals: Goals) -> Vec<Verdict> {
        let Some(ouvrier) = self.ouvrier() else {
            return Vec::new();
        };
        let peers = self
            .whole()
            .filter(|series| !series.kind.is_bare() && series.kind != Kind::Ouvrier);
        let leads = peers.map(|peer| {
            let times = match self.case.scenario {
                _ if self.is_memory() => kibibytes_per_client(peer) / kibibytes_per_client(ouvrier),
                Scenario::PingBlocked => peer.to(ouvrier, |outcome| outcome.p99),
                _ => peer.to(ouvrier, Outcome::cpu),
            };
            Verdict::floor(format!("{}, times ours", peer.kind), times, goals.lead)
        });
        leads.collect()
    }

    fn latencies(&self) -> Vec<Verdict> {
        let (Some(ouvrier), Some(first)) = (self.ouvrier(), self.first()) else {
            return Vec::new();
        };
        if first.kind == Kind::Ouvrier {
            return Vec::new();
        }
        let loads = self.loads.iter().enumerate();
        let verdicts = loads.map(|(place, load)| {
            let of = format!("p99 at {}, times {}", percent(*load), first.kind);
            let measured = ouvrier.to_at(first, place, |outcome| outcome.p99);
            Verdict::ceiling(of, measured, goals::P99)
        });
        verdicts.collect()
    }
}
