//! Events on their way to the owner.

use std::{collections::VecDeque, mem};

use ouvrier_protocol::pool::Pool;

use crate::event::Event;

/// The most that a list has room for which is kept for the next who needs one.
const MOST_ROOM: usize = 8;

/// Boxed wherever it is, since what is empty is to be no more than a pointer.
type List = VecDeque<Event>;

thread_local! {
    static SPARE: Pool<Box<List>, 256> = const { Pool::new() };
}

/// Events in their order. Nearly all connections have none nearly all the time: then there is no list.
#[derive(Debug, Default)]
pub struct Events(Option<Box<List>>);

impl Events {
    /// No events.
    #[must_use]
    pub const fn new() -> Self {
        Self(None)
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.as_ref().map_or(0, |list| list.len())
    }

    /// In their order.
    pub fn iter(&self) -> impl Iterator<Item = &Event> {
        self.0.iter().flat_map(|list| list.iter())
    }

    /// The one that happened first.
    #[must_use]
    pub fn front(&self) -> Option<&Event> {
        self.0.as_ref()?.front()
    }

    /// The one that happened last.
    #[must_use]
    pub fn back(&self) -> Option<&Event> {
        self.0.as_ref()?.back()
    }

    /// Puts one before all others.
    pub fn push_front(&mut self, event: Event) {
        self.list().push_front(event);
    }

    /// Puts one behind all others.
    pub fn push_back(&mut self, event: Event) {
        self.list().push_back(event);
    }

    /// Takes the one that happened first.
    pub fn pop_front(&mut self) -> Option<Event> {
        let event = self.0.as_mut()?.pop_front();
        self.settle();
        event
    }

    /// Takes the one that happened last.
    pub fn pop_back(&mut self) -> Option<Event> {
        let event = self.0.as_mut()?.pop_back();
        self.settle();
        event
    }

    /// Puts others behind these.
    #[inline]
    pub fn append(&mut self, others: Self) {
        if self.is_empty() {
            // Without a list there is nothing to drop, and nothing to ask whether there is.
            mem::forget(mem::replace(self, others));
        } else {
            self.extend(others);
        }
    }

    fn extend(&mut self, mut others: Self) {
        if let (Some(list), Some(others)) = (&mut self.0, &mut others.0) {
            list.append(others);
        }
    }

    fn list(&mut self) -> &mut List {
        self.0.get_or_insert_with(|| Pool::take(&SPARE))
    }

    /// Gives the list up if it is empty.
    fn settle(&mut self) {
        if self.0.as_ref().is_some_and(|list| list.is_empty()) {
            self.give_up();
        }
    }

    #[inline]
    fn give_up(&mut self) {
        if let Some(list) = self.0.take() {
            give_back(list);
        }
    }
}

impl Drop for Events {
    #[inline]
    fn drop(&mut self) {
        self.give_up();
    }
}

/// Keeps a list for the next, without its events.
#[inline(never)]
fn give_back(mut list: Box<List>) {
    if !list.is_empty() {
        list.clear();
    }
    if (1..=MOST_ROOM).contains(&list.capacity()) {
        Pool::give_back(&SPARE, list);
    }
}

impl<const N: usize> From<[Event; N]> for Events {
    fn from(events: [Event; N]) -> Self {
        events.into_iter().collect()
    }
}

impl FromIterator<Event> for Events {
    fn from_iter<I: IntoIterator<Item = Event>>(events: I) -> Self {
        let mut all = Self::new();
        events.into_iter().for_each(|event| all.push_back(event));
        all
    }
}

impl Iterator for Events {
    type Item = Event;

    fn next(&mut self) -> Option<Event> {
        self.pop_front()
    }
}
