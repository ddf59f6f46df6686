use crate::{
    load::{Outcome, Visit},
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

/// The middle one; the mean of both if there are two.
fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() {
        0 => f64::NAN,
        count if count % 2 == 0 => f64::midpoint(values[middle - 1], values[middle]),
        _ => values[middle],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_of_an_even_number_is_between_the_middle_ones() {
        assert!((median([3.0, 1.0, 2.0].into_iter()) - 2.0).abs() < 1e-9);
        assert!((median([4.0, 1.0, 2.0, 3.0].into_iter()) - 2.5).abs() < 1e-9);
    }
}
