//! When the owner of a listener hears that it cannot accept.

use std::time::{Duration, Instant};

/// How long it hears nothing more after that: while clients come and go, the listener may be able to accept one now and then.
const SILENCE: Duration = Duration::from_secs(10);

/// What the owner was told of failures. Once is enough: a busy owner would find one for every attempt.
#[derive(Default)]
pub(super) struct Complaints {
    /// When it was told last.
    told: Option<Instant>,
    /// Whether that was of the failure that lasts.
    knows: bool,
}

impl Complaints {
    /// Something failed, perhaps again. Returns whether the owner is to be told.
    pub(super) fn begin(&mut self, now: Instant) -> bool {
        let may_tell = self
            .told
            .is_none_or(|told| now.duration_since(told) >= SILENCE);
        let tells = may_tell && !self.knows;
        if tells {
            (self.told, self.knows) = (Some(now), true);
        }
        tells
    }

    /// Something worked.
    pub(super) const fn end(&mut self) {
        self.knows = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_is_told_once_and_another_one_some_seconds_later_at_the_earliest() {
        let mut complaints = Complaints::default();
        let first = Instant::now();
        let second = Duration::from_secs(1);
        assert!(complaints.begin(first));
        assert!(!complaints.begin(first + 2 * SILENCE), "it lasts");
        complaints.end();
        assert!(complaints.begin(first + 3 * SILENCE));
        complaints.end();
        assert!(!complaints.begin(first + 4 * SILENCE - second), "too soon");
        assert!(complaints.begin(first + 4 * SILENCE), "and it lasts");
    }
}
