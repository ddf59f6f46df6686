use crate::{
    load::{Outcome, Visit},
    median::median,
    server::Kind,
};

/// The measurements of one server.
pub struct Series {
    pub kind: Kind,
    /// One for each round, until it failed.
    pub visits: Vec<Visit>,
    /// Why there are no more.
    pub failure: Option<String>,
}

impl Series {
    pub const fn new(kind: Kind) -> Self {
        Self {
            kind,
            visits: Vec::new(),
            failure: None,
        }
    }

    /// Whether there is something to show.
    pub fn is_whole(&self) -> bool {
        self.failure.is_none() && !self.visits.is_empty()
    }

    /// The median over the rounds.
    pub fn median(&self, value: impl Fn(&Outcome) -> f64) -> f64 {
        median(self.visits.iter().map(|visit| value(&visit.main)))
    }

    /// The same at a load.
    pub fn median_at(&self, load: usize, value: impl Fn(&Outcome) -> f64) -> f64 {
        let outcomes = self
            .visits
            .iter()
            .filter_map(|visit| visit.at_loads.get(load));
        median(outcomes.map(value))
    }

    /// The median over the rounds of what was measured here to what was measured there, as both were measured right after each other.
    pub fn to(&self, other: &Self, value: impl Fn(&Outcome) -> f64) -> f64 {
        let pairs = self.visits.iter().zip(&other.visits);
        median(pairs.map(|(mine, theirs)| value(&mine.main) / value(&theirs.main)))
    }

    /// The same at a load.
    pub fn to_at(&self, other: &Self, load: usize, value: impl Fn(&Outcome) -> f64) -> f64 {
        let pairs = self.visits.iter().zip(&other.visits);
        let ratios = pairs.filter_map(|(mine, theirs)| {
            Some(value(mine.at_loads.get(load)?) / value(theirs.at_loads.get(load)?))
        });
        median(ratios)
    }

    pub fn mebibytes(&self) -> f64 {
        self.median(|outcome| outcome.resident_bytes as f64) / 1024.0 / 1024.0
    }
}
