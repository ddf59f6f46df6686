//! When the tasks of connections are to look at the clock again.
//!
//! Very many clients have the same time for the same thing, and nearly all of them are done in time. So there is a queue for each length of time, in which
//! whoever comes later is due later: an alarm is set behind the last one and forgotten where it stands, without a search, and one task sleeps for all of them.

use std::{
    num::NonZeroU32,
    sync::Arc,
    time::{Duration, Instant},
};

use parking_lot::Mutex;
use tokio::{sync::Notify, time::timeout_at};

use crate::{connection::Connection, shared::Shared};

/// The alarms of a runtime.
#[derive(Default)]
pub(crate) struct Alarms {
    clock: Mutex<Clock<Arc<Connection>>>,
    /// Tells the watch that an alarm comes before what it sleeps for.
    earlier: Notify,
}

/// An alarm that was set, and has to be [forgotten](Alarms::forget) once.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Alarm(NonZeroU32);

/// Alarms for whom a `T` stands.
struct Clock<T> {
    queues: Vec<Queue>,
    /// Alarms, ends of queues, and what is vacant.
    places: Vec<Place<T>>,
    vacant: Vec<u32>,
    /// There is a watch.
    watched: bool,
    /// When the watch looks next; `None` while there is nothing to look for.
    next_look: Option<Instant>,
}

/// The alarms of one length of time, in a ring that begins and ends at the place `end`.
struct Queue {
    period: Duration,
    end: u32,
}

struct Place<T> {
    /// Whom to call; `None` at the end of a queue.
    whom: Option<T>,
    due: Instant,
    previous: u32,
    next: u32,
}

impl Alarms {
    /// Has the task of a connection [called](Connection::call_task) when `period` has passed. From within the runtime.
    pub(crate) fn set(
        shared: &Arc<Shared>,
        connection: &Arc<Connection>,
        period: Duration,
    ) -> Alarm {
        let now = Instant::now();
        let alarms = shared.alarms();
        let mut clock = alarms.clock.lock();
        let (alarm, due) = clock.add(Arc::clone(connection), now, period);
        let is_earlier = clock.next_look.is_none_or(|look| due < look);
        if !is_earlier {
            return alarm;
        }
        clock.next_look = Some(due);
        let is_watched = std::mem::replace(&mut clock.watched, true);
        drop(clock);
        if is_watched {
            alarms.earlier.notify_one();
        } else {
            tokio::spawn(watch(Arc::clone(shared)));
        }
        alarm
    }

    /// Does away with an alarm, whether or not it was for something.
    pub(crate) fn forget(&self, alarm: Alarm) {
        let connection = self.clock.lock().remove(alarm.0.get());
        drop(connection);
    }
}

/// Calls those whose time is up.
async fn watch(shared: Arc<Shared>) {
    loop {
        let (due, next_look) = shared.alarms().clock.lock().look(Instant::now());
        due.iter().for_each(|connection| connection.call_task());
        drop(due);
        let earlier = shared.alarms().earlier.notified();
        match next_look {
            Some(look) => drop(timeout_at(look.into(), earlier).await),
            None => earlier.await,
        }
    }
}

impl<T> Default for Clock<T> {
    fn default() -> Self {
        Self {
            queues: Vec::new(),
            places: Vec::new(),
            vacant: Vec::new(),
            watched: false,
            next_look: None,
        }
    }
}

impl<T: Clone> Clock<T> {
    fn add(&mut self, whom: T, now: Instant, period: Duration) -> (Alarm, Instant) {
        let end = self.end_of(period, now);
        // A time beyond what the clock can express is never: a century is close enough.
        let century = || now + Duration::from_secs(100 * 365 * 86_400);
        let due = now.checked_add(period).unwrap_or_else(century);
        let place = self.occupy(Place {
            whom: Some(whom),
            due,
            previous: self.places[end as usize].previous,
            next: end,
        });
        self.link(place);
        // The first place is the end of a queue.
        (
            Alarm(NonZeroU32::new(place).unwrap_or(NonZeroU32::MAX)),
            due,
        )
    }

    /// Where the queue for so much time ends. One that is empty serves for another time.
    fn end_of(&mut self, period: Duration, now: Instant) -> u32 {
        if let Some(queue) = self.queues.iter().find(|queue| queue.period == period) {
            return queue.end;
        }
        let places = &self.places;
        let is_empty = |queue: &&mut Queue| places[queue.end as usize].next == queue.end;
        if let Some(queue) = self.queues.iter_mut().find(is_empty) {
            queue.period = period;
            return queue.end;
        }
        let end = self.occupy(Place {
            whom: None,
            due: now,
            previous: 0,
            next: 0,
        });
        let place = &mut self.places[end as usize];
        (place.previous, place.next) = (end, end);
        self.queues.push(Queue { period, end });
        end
    }

    fn occupy(&mut self, place: Place<T>) -> u32 {
        if let Some(vacant) = self.vacant.pop() {
            self.places[vacant as usize] = place;
            return vacant;
        }
        self.places.push(place);
        u32::try_from(self.places.len() - 1).unwrap_or(u32::MAX)
    }

    /// Has its neighbours know of a place.
    fn link(&mut self, place: u32) {
        let Place { previous, next, .. } = self.places[place as usize];
        self.places[previous as usize].next = place;
        self.places[next as usize].previous = place;
    }

    /// Takes a place out of its queue: it is alone then.
    fn unlink(&mut self, place: u32) {
        let Place { previous, next, .. } = self.places[place as usize];
        self.places[previous as usize].next = next;
        self.places[next as usize].previous = previous;
        let alone = &mut self.places[place as usize];
        (alone.previous, alone.next) = (place, place);
    }

    fn remove(&mut self, place: u32) -> Option<T> {
        self.unlink(place);
        self.vacant.push(place);
        self.places[place as usize].whom.take()
    }

    /// Those whose time is up, and when to look next.
    fn look(&mut self, now: Instant) -> (Vec<T>, Option<Instant>) {
        let (mut due, mut next_look) = (Vec::new(), None);
        for queue in 0..self.queues.len() {
            let end = self.queues[queue].end;
            loop {
                let first = self.places[end as usize].next;
                let place = &self.places[first as usize];
                let Some(whom) = &place.whom else {
                    break;
                };
                if place.due > now {
                    next_look = Some(next_look.map_or(place.due, |look| place.due.min(look)));
                    break;
                }
                due.push(whom.clone());
                self.unlink(first);
            }
        }
        self.next_look = next_look;
        (due, next_look)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn those_whose_time_is_up_are_called_once_and_those_forgotten_never() {
        let (mut clock, now) = (Clock::default(), Instant::now());
        let [_, forgotten, _] = ["long", "forgotten", "short"].map(|name| {
            let period = if name == "long" { 3 * SECOND } else { SECOND };
            clock.add(name, now, period).0
        });
        clock.add("late", now + SECOND, SECOND);
        assert_eq!(clock.remove(forgotten.0.get()), Some("forgotten"));
        assert_eq!(clock.look(now), (vec![], Some(now + SECOND)));
        let next = Some(now + 2 * SECOND);
        assert_eq!(clock.look(now + SECOND), (vec!["short"], next));
        assert_eq!(clock.look(now + SECOND), (vec![], next));
        let (due, next) = clock.look(now + 9 * SECOND);
        assert_eq!((due, next), (vec!["long", "late"], None));
    }

    #[test]
    fn one_that_has_gone_off_is_forgotten_as_well() {
        let (mut clock, now) = (Clock::default(), Instant::now());
        let [first, second] = ["first", "second"].map(|name| clock.add(name, now, SECOND).0);
        assert_eq!(clock.look(now + SECOND).0.len(), 2);
        assert_eq!(clock.remove(second.0.get()), Some("second"));
        assert_eq!(clock.remove(first.0.get()), Some("first"));
        clock.add("third", now, SECOND);
        assert_eq!(clock.look(now + SECOND), (vec!["third"], None));
    }

    #[test]
    fn what_was_used_is_used_again() {
        let (mut clock, now) = (Clock::default(), Instant::now());
        for round in 1..100 {
            let (alarm, _) = clock.add(round, now, round * SECOND);
            clock.remove(alarm.0.get());
        }
        assert_eq!((clock.queues.len(), clock.places.len()), (1, 2));
    }

    #[test]
    fn a_time_beyond_the_clock_is_never() {
        let (mut clock, now) = (Clock::default(), Instant::now());
        clock.add((), now, Duration::MAX);
        assert_eq!(clock.look(now + 1_000_000 * SECOND).0, []);
    }
}
