//! When the workers get which signal after the master was told to stop.

use std::time::{Duration, Instant};

use crate::Signal;

/// How long clients who are in the middle of something may go on before a restart stops the workers. Others wait for the new ones meanwhile.
const LAST_ANSWERS: Duration = Duration::from_millis(250);

/// A stop under way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Shutdown {
    graceful: bool,
    /// The signals still to be sent, the next one first.
    due: Vec<(Instant, Signal)>,
}

impl Shutdown {
    /// A stop that waits for open connections, without limit unless there is a `timeout`.
    pub(super) fn graceful(now: Instant, timeout: Option<Duration>) -> Self {
        let kill = timeout.and_then(|timeout| now.checked_add(timeout));
        let mut due = vec![(now, Signal::SIGQUIT)];
        due.extend(kill.map(|kill| (kill, Signal::SIGKILL)));
        Self {
            graceful: true,
            due,
        }
    }

    /// A stop that signals the workers at `interrupt`, gives each `stop_timeout` from then on, in whole seconds, and kills it then.
    pub(super) fn forced(interrupt: Instant, stop_timeout: Duration) -> Self {
        let mut due = vec![(interrupt, Signal::SIGINT)];
        // A time too far to be expressed is never reached.
        due.extend(
            interrupt
                .checked_add(whole_seconds(stop_timeout))
                .map(|kill| (kill, Signal::SIGKILL)),
        );
        Self {
            graceful: false,
            due,
        }
    }

    /// A stop that signals nobody.
    pub(super) const fn unattended() -> Self {
        Self {
            graceful: true,
            due: Vec::new(),
        }
    }

    /// A stop whose sockets somebody else serves on: clients get their last answers, and after that it is a forced one.
    pub(super) fn handed_over(now: Instant, stop_timeout: Duration) -> Self {
        let forced = Self::forced(now + LAST_ANSWERS, stop_timeout);
        let mut due = vec![(now, Signal::SIGQUIT)];
        due.extend(forced.due);
        Self { due, ..forced }
    }

    pub(super) const fn is_graceful(&self) -> bool {
        self.graceful
    }

    /// When the next signal is due.
    pub(super) fn next_at(&self) -> Option<Instant> {
        self.due.first().map(|&(at, _)| at)
    }

    /// The next signal, if its time has come; it is not given again.
    pub(super) fn take_due(&mut self, now: Instant) -> Option<Signal> {
        (self.next_at()? <= now).then(|| self.due.remove(0).1)
    }
}

fn whole_seconds(time: Duration) -> Duration {
    Duration::from_secs(
        time.as_secs()
            .saturating_add(u64::from(time.subsec_nanos() > 0)),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn the_workers_are_signalled_when_it_is_time_and_killed_in_whole_seconds() {
        let now = Instant::now();
        let mut shutdown = Shutdown::forced(now + SECOND, Duration::from_millis(1500));
        assert_eq!(shutdown.take_due(now), None);
        assert_eq!(shutdown.next_at(), Some(now + SECOND));
        assert_eq!(shutdown.take_due(now + SECOND), Some(Signal::SIGINT));
        assert_eq!(shutdown.take_due(now + SECOND), None);
        assert_eq!(shutdown.take_due(now + 3 * SECOND), Some(Signal::SIGKILL));
        assert_eq!(shutdown.next_at(), None);
    }

    #[test]
    fn an_unattended_stop_signals_nobody_and_can_be_hurried() {
        let shutdown = Shutdown::unattended();
        assert_eq!(shutdown.next_at(), None);
        assert!(shutdown.is_graceful());
    }

    #[test]
    fn clients_get_their_last_answers_at_a_restart() {
        let now = Instant::now();
        let mut shutdown = Shutdown::handed_over(now, SECOND);
        assert_eq!(shutdown.take_due(now), Some(Signal::SIGQUIT));
        assert_eq!(shutdown.take_due(now), None);
        let later = now + LAST_ANSWERS;
        assert_eq!(shutdown.take_due(later), Some(Signal::SIGINT));
        assert_eq!(shutdown.next_at(), Some(later + SECOND));
        assert!(!shutdown.is_graceful());
    }

    #[test]
    fn a_graceful_stop_kills_only_when_told_to() {
        let now = Instant::now();
        let mut shutdown = Shutdown::graceful(now, None);
        assert_eq!(shutdown.take_due(now), Some(Signal::SIGQUIT));
        assert_eq!(shutdown.next_at(), None);

        let mut shutdown = Shutdown::graceful(now, Some(SECOND));
        assert_eq!(shutdown.take_due(now), Some(Signal::SIGQUIT));
        assert_eq!(shutdown.take_due(now + SECOND), Some(Signal::SIGKILL));
    }

    #[test]
    fn an_endless_timeout_never_kills() {
        let mut shutdown = Shutdown::forced(Instant::now(), Duration::MAX);
        assert_eq!(shutdown.take_due(Instant::now()), Some(Signal::SIGINT));
        assert_eq!(shutdown.next_at(), None);
    }
}
