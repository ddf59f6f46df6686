//! How long to wait before the place of a process that fails again and again is filled.

use std::time::Duration;

/// The patience with processes that fail. The first failure is met with an immediate replacement, the second in a row with a pause,
/// and every further one with a pause twice as long.
#[derive(Clone, Copy, Debug)]
pub struct BackOff {
    /// A process that lived as long as this is healthy: how it ends is no failure, and what failed before it is forgotten. 10 seconds.
    pub healthy_after: Duration,
    /// The pause after the second failure. 1 second.
    pub first: Duration,
    /// The longest pause. 30 seconds.
    pub longest: Duration,
}

impl Default for BackOff {
    fn default() -> Self {
        Self {
            healthy_after: Duration::from_secs(10),
            first: Duration::from_secs(1),
            longest: Duration::from_secs(30),
        }
    }
}

impl BackOff {
    /// The pause after so many failures in a row.
    pub(super) fn pause(&self, failures: u32) -> Duration {
        match failures {
            0 | 1 => Duration::ZERO,
            _ => {
                let doubled = 2_u32.saturating_pow(failures - 2);
                self.first.saturating_mul(doubled).min(self.longest)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_up_to_the_longest() {
        let back_off = BackOff::default();
        let seconds: Vec<u64> = (0..=8)
            .map(|failures| back_off.pause(failures).as_secs())
            .collect();
        assert_eq!(seconds, [0, 0, 1, 2, 4, 8, 16, 30, 30]);
        assert_eq!(back_off.pause(u32::MAX), back_off.longest);
    }
}
