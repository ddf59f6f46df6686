//! Who is connected, and what the owner is doing: for reports that must not wait for a busy owner.

use std::{
    sync::{
        Arc, Weak,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
    time::{Duration, Instant},
};

use parking_lot::Mutex;

use crate::{
    connection::Connection,
    datagram::drops,
    ledger::{Ledger, Parted},
};

/// All connections of a runtime that are alive, and how long the owner has been busy. May be asked from any thread.
#[derive(Default)]
pub struct Census {
    places: Mutex<Places>,
    busy_since: Mutex<Option<Instant>>,
    /// The UDP sockets that are open, by what the kernel knows them by.
    datagram_sockets: Mutex<Vec<u64>>,
    ledger: Arc<Ledger>,
}

#[derive(Default)]
struct Places {
    connections: Vec<Weak<Connection>>,
    vacant: Vec<u32>,
}

impl Census {
    /// The connections that are alive, in no order.
    #[must_use]
    pub fn connections(&self) -> Vec<Arc<Connection>> {
        self.places
            .lock()
            .connections
            .iter()
            .filter_map(Weak::upgrade)
            .collect()
    }

    /// The connection in a place.
    pub(crate) fn in_place(&self, place: u32) -> Option<Arc<Connection>> {
        let places = self.places.lock();
        places.connections.get(place as usize)?.upgrade()
    }

    /// How long the owner has been busy, once that is longer than the relief driver waits; `None` while the turns go on.
    #[must_use]
    pub fn busy_for(&self) -> Option<Duration> {
        self.busy_since.lock().map(|since| since.elapsed())
    }

    /// How many datagrams the kernel has dropped because the UDP sockets that are open were not read in time. Reads files of /proc.
    #[must_use]
    pub fn datagrams_dropped(&self) -> u64 {
        let sockets = self.datagram_sockets.lock().clone();
        drops::count(&sockets)
    }

    /// How many clients were parted from because they cost too much.
    #[must_use]
    pub fn parted(&self) -> Parted {
        self.ledger.parted()
    }

    pub(crate) const fn ledger(&self) -> &Arc<Ledger> {
        &self.ledger
    }

    pub(crate) fn watch_drops(&self, socket: u64) {
        self.datagram_sockets.lock().push(socket);
    }

    pub(crate) fn forget_drops(&self, socket: u64) {
        self.datagram_sockets
            .lock()
            .retain(|known| *known != socket);
    }

    pub(crate) fn set_busy_since(&self, since: Option<Instant>) {
        *self.busy_since.lock() = since;
    }

    /// Gives a place to a connection that is being made.
    pub(crate) fn enter(&self, connection: Weak<Connection>) -> u32 {
        let mut places = self.places.lock();
        if let Some(place) = places.vacant.pop()
            && let Some(entry) = places.connections.get_mut(place as usize)
        {
            *entry = connection;
            return place;
        }
        places.connections.push(connection);
        u32::try_from(places.connections.len() - 1).unwrap_or(u32::MAX)
    }

    pub(crate) fn vacate(&self, place: u32) {
        let mut places = self.places.lock();
        if let Some(entry) = places.connections.get_mut(place as usize) {
            *entry = Weak::new();
            places.vacant.push(place);
        }
    }
}

/// A question to the process that has one answer: the owner's or, if the owner is busy, that of its stand-in.
#[derive(Debug, Clone)]
pub struct Question {
    /// The signal that asks.
    pub signal: i32,
    answered: Arc<AtomicBool>,
}

impl Question {
    pub(crate) fn new(signal: i32) -> Self {
        Self {
            signal,
            answered: Arc::default(),
        }
    }

    /// Whether the caller is the first who wants to answer, and thus the one who has to.
    #[must_use]
    pub fn claim(&self) -> bool {
        !self.answered.swap(true, SeqCst)
    }
}
