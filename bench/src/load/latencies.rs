use std::time::{Duration, Instant};

use crate::median::median;

/// Kept of at most so many messages.
const MOST: usize = 2_000_000;
/// A virtual machine stops for some milliseconds a few times a second, whoever serves, and of a whole second a 99th percentile would show nothing but that. It is
/// taken of slices, which are so short that most are free of it.
const SLICE: Duration = Duration::from_millis(50);
/// A slice with fewer messages has no 99th percentile.
const FEWEST: usize = 100;

/// How long messages took, in seconds.
#[derive(Default)]
pub struct Latencies {
    slices: Vec<Vec<f32>>,
    /// When the last of them ends.
    end: Option<Instant>,
    count: usize,
}

impl Latencies {
    /// Something that was admitted then has arrived.
    pub fn push(&mut self, admitted: Instant) {
        let now = Instant::now();
        if self.end.is_none_or(|end| now >= end) {
            self.slices.push(Vec::new());
            self.end = Some(now + SLICE);
        }
        if let Some(slice) = self.slices.last_mut()
            && self.count < MOST
        {
            slice.push(now.duration_since(admitted).as_secs_f32());
            self.count += 1;
        }
    }

    /// Microseconds in which half of all arrived.
    pub fn p50(&self) -> f64 {
        percentile(&self.slices.concat(), 0.5)
    }

    /// Microseconds in which 99 % arrived in half of the slices; 99 % of all, where so few arrived that slices say nothing.
    pub fn p99(&self) -> f64 {
        let full = self.slices.iter().filter(|slice| slice.len() >= FEWEST);
        let typical = median(full.map(|slice| percentile(slice, 0.99)));
        match typical.is_nan() {
            true => percentile(&self.slices.concat(), 0.99),
            false => typical,
        }
    }
}

/// In microseconds; 0 of nothing.
fn percentile(seconds: &[f32], share: f64) -> f64 {
    let mut sorted = seconds.to_vec();
    sorted.sort_by(f32::total_cmp);
    let place = (sorted.len() as f64 * share) as usize;
    sorted
        .get(place)
        .map_or(0.0, |latency| f64::from(*latency) * 1e6)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stall_in_one_slice_is_not_what_clients_wait() {
        let slice = |wait: f32| vec![wait; FEWEST];
        let latencies = Latencies {
            slices: vec![slice(1e-5), slice(5e-3), slice(2e-5)],
            ..Latencies::default()
        };
        assert!((latencies.p99() - 20.0).abs() < 0.1);
    }

    #[test]
    fn where_little_arrives_all_of_it_counts() {
        let latencies = Latencies {
            slices: vec![vec![1e-5], vec![5e-3]],
            ..Latencies::default()
        };
        assert!((latencies.p99() - 5_000.0).abs() < 0.1);
    }
}
