//! The owner's timers: kept on the owner's thread, so they cost no task and no wake-up of their own.

use std::{
    collections::{BTreeSet, HashMap},
    time::{Duration, Instant},
};

/// A set of one-shot and repeating timers, each carrying a `T`.
///
/// [`Timers::deadline`] goes to [`Runtime::turn`](crate::Runtime::turn); [`Timers::due`] hands out what has come due.
#[derive(Debug)]
pub struct Timers<T> {
    entries: HashMap<u64, Entry<T>>,
    queue: BTreeSet<(Instant, u64)>,
    last_id: u64,
}

#[derive(Debug)]
struct Entry<T> {
    at: Instant,
    every: Option<Duration>,
    payload: T,
}

/// A timer that has come due.
#[derive(Debug, PartialEq, Eq)]
pub struct Due<T> {
    /// The id that [`Timers::add`] returned.
    pub id: u64,
    /// A copy of the payload of a repeating timer, or the payload of a one-shot timer, which no longer exists.
    pub payload: T,
}

impl<T> Default for Timers<T> {
    fn default() -> Self {
        Self {
            entries: HashMap::new(),
            queue: BTreeSet::new(),
            last_id: 0,
        }
    }
}

impl<T: Clone> Timers<T> {
    /// Adds a timer that comes due `after` from now, and then, when `every` is given, that long after each time it was handed out.
    /// Ids start at 1 and are never used again.
    pub fn add(
        &mut self,
        now: Instant,
        after: Duration,
        every: Option<Duration>,
        payload: T,
    ) -> u64 {
        self.last_id += 1;
        // A time beyond what the clock can express is never: a century is close enough.
        let at = now
            .checked_add(after)
            .unwrap_or_else(|| now + Duration::from_secs(100 * 365 * 86_400));
        self.entries
            .insert(self.last_id, Entry { at, every, payload });
        self.queue.insert((at, self.last_id));
        self.last_id
    }

    /// Removes a timer and returns its payload, or `None` when there is no such timer (any more).
    pub fn remove(&mut self, id: u64) -> Option<T> {
        let entry = self.entries.remove(&id)?;
        self.queue.remove(&(entry.at, id));
        Some(entry.payload)
    }

    /// Removes all timers and returns their payloads.
    pub fn clear(&mut self) -> Vec<T> {
        self.queue.clear();
        self.entries
            .drain()
            .map(|(_, entry)| entry.payload)
            .collect()
    }

    /// How many timers are pending.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether no timer is pending.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// When the next timer comes due.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        self.queue.first().map(|(at, _)| *at)
    }

    /// Takes the next timer that is due. A repeating timer is set anew, counted from `now`: late runs are not made up for.
    ///
    /// To hand out each timer once a turn, give every call of one turn the same `now`.
    pub fn due(&mut self, now: Instant) -> Option<Due<T>> {
        let (at, id) = *self.queue.first()?;
        if at > now {
            return None;
        }
        self.queue.remove(&(at, id));
        let repeats = self.entries.get(&id)?.every.is_some();
        if !repeats {
            return self.entries.remove(&id).map(|entry| Due {
                id,
                payload: entry.payload,
            });
        }
        let entry = self.entries.get_mut(&id)?;
        // At least a microsecond later, so that an interval of zero cannot keep one turn busy for ever.
        entry.at = now
            + entry
                .every
                .unwrap_or_default()
                .max(Duration::from_micros(1));
        self.queue.insert((entry.at, id));
        Some(Due {
            id,
            payload: entry.payload.clone(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn hands_out_in_order_of_time_and_then_of_age() {
        let now = Instant::now();
        let mut timers = Timers::default();
        timers.add(now, 20 * MS, None, "late");
        timers.add(now, 10 * MS, None, "first");
        timers.add(now, 10 * MS, None, "second");
        assert_eq!(timers.deadline(), Some(now + 10 * MS));
        assert_eq!(timers.due(now), None);
        let later = now + 30 * MS;
        let order: Vec<_> = std::iter::from_fn(|| timers.due(later))
            .map(|due| due.payload)
            .collect();
        assert_eq!(order, ["first", "second", "late"]);
        assert!(timers.is_empty());
    }

    #[test]
    fn repeats_once_a_turn_counted_from_the_turn() {
        let now = Instant::now();
        let mut timers = Timers::default();
        let id = timers.add(now, MS, Some(MS), ());
        let late = now + 50 * MS;
        assert_eq!(timers.due(late), Some(Due { id, payload: () }));
        assert_eq!(timers.due(late), None);
        assert_eq!(timers.deadline(), Some(late + MS));
        assert_eq!(timers.remove(id), Some(()));
        assert_eq!(timers.remove(id), None);
        assert_eq!(timers.deadline(), None);
    }

    #[test]
    fn an_interval_of_zero_ends_the_turn() {
        let now = Instant::now();
        let mut timers = Timers::default();
        timers.add(now, Duration::ZERO, Some(Duration::ZERO), ());
        assert!(timers.due(now).is_some());
        assert!(timers.due(now).is_none());
    }

    #[test]
    fn a_time_beyond_the_clock_is_never() {
        let mut timers = Timers::default();
        timers.add(Instant::now(), Duration::MAX, None, ());
        assert!(timers.due(Instant::now()).is_none());
    }
}
