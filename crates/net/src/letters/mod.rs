//! What the owner sends to connections that lie still, until the turn writes it.
//!
//! Of very many clients the processor has nothing in its cache, and who sends to one waits for its state to come from memory. So a connection on which nothing
//! has happened since the turn has written to it, and to which nothing is on its way, has an entry in a table that is small, with all that it takes to write to its
//! socket. What is sent to it is put here, and the turn writes it, without a look at the connection.
//!
//! Whoever locks the state of a connection ends that: the entry is taken away, with what it has counted, and what is here for the connection comes into its send
//! buffer first. So the order of what is sent is kept, and nobody looks at a queue in which something is missing. While the relief driver drives the network, there
//! are no letters.

mod desk;

use std::{os::fd::RawFd, sync::Arc};

use parking_lot::Mutex;

use self::desk::{Desk, Desks};
use crate::{
    connection::{Connection, EAGER_FLUSH},
    ledger::Ledger,
    send_buffer::SHARED,
};

/// What waits, and the table.
pub(crate) struct Letters {
    desks: Desks,
    bag: Mutex<Bag>,
    ledger: Arc<Ledger>,
}

/// Letters in the order in which they were written. Together they are fewer bytes than a connection has to have waiting to be written to at once.
#[derive(Default)]
struct Bag {
    letters: Vec<Letter>,
    bytes: Vec<u8>,
    /// What is sent goes the other way.
    closed: bool,
}

/// Bytes for a connection, which begin where those of the letter before end.
struct Letter {
    place: u32,
    end: usize,
}

/// What was written to a connection while it lay still.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Written {
    pub(crate) messages: u32,
    pub(crate) bytes: u64,
}

impl Letters {
    pub(crate) fn new(ledger: Arc<Ledger>) -> Self {
        Self {
            desks: Desks::default(),
            bag: Mutex::default(),
            ledger,
        }
    }

    /// Writes a letter of about `length` bytes to `connection`, which has `place` in the census and is not looked at. Returns false where it does not
    /// lie still, or there is no room.
    #[inline]
    pub(crate) fn write(
        &self,
        connection: &Arc<Connection>,
        place: u32,
        length: usize,
        encode: impl FnOnce(&mut Vec<u8>),
    ) -> bool {
        let Some(desk) = self.desks.find(place).filter(|desk| desk.is_of(connection)) else {
            return false;
        };
        let mut bag = self.bag.lock();
        let has_room = length < SHARED && bag.bytes.len() < EAGER_FLUSH - 2 * SHARED;
        // Whoever had the bag may have handed over what was in it, and the connection does not lie still any more.
        let lies_still = !bag.closed && desk.is_of(connection);
        if !lies_still || !has_room || self.ledger.needs_no_letters() {
            return false;
        }
        encode(&mut bag.bytes);
        let end = bag.bytes.len();
        bag.letters.push(Letter { place, end });
        self.ledger.set_in_letters(end);
        desk.await_another();
        true
    }

    /// A connection lies still. Returns false where there are too many.
    pub(crate) fn settle(&self, connection: &Arc<Connection>, place: u32, socket: RawFd) -> bool {
        let desk = self.desks.at(place);
        desk.inspect(|desk| desk.take(connection, socket)).is_some()
    }

    /// Whether there are letters for a connection that lies still. They have to be [delivered](Self::deliver) before its queue is looked at.
    pub(crate) fn are_waiting(&self, place: u32) -> bool {
        self.desks
            .find(place)
            .is_some_and(|desk| desk.waiting() > 0)
    }

    /// A letter comes into the send buffer of a connection. Returns whether more of them follow: until then the connection counts as one that lies still, so that
    /// whoever looks at it waits for the rest.
    pub(crate) fn take_out(&self, place: u32) -> bool {
        self.desks.find(place).is_some_and(Desk::expect_rest)
    }

    /// A connection does not lie still any more. Returns what was written to it meanwhile.
    pub(crate) fn disturb(&self, place: u32) -> Written {
        let desk = self.desks.find(place);
        desk.map(Desk::leave).unwrap_or_default()
    }

    /// Empties the bag. Letters that are the only ones to their connections are written, if it is time to; `rest` gets what is left of them, and the others.
    pub(crate) fn deliver(&self, write: bool, rest: impl FnMut(u32, &[u8])) {
        self.empty(&mut self.bag.lock(), write, rest);
    }

    /// Has what is sent go the other way, or no longer, and delivers what is here.
    pub(crate) fn set_closed(&self, closed: bool, rest: impl FnMut(u32, &[u8])) {
        let mut bag = self.bag.lock();
        bag.closed = closed;
        self.empty(&mut bag, false, rest);
    }

    fn empty(&self, bag: &mut Bag, write: bool, mut rest: impl FnMut(u32, &[u8])) {
        // What is handed over is in the books as what waits for its connection.
        self.ledger.set_in_letters(0);
        let mut bytes = bag.bytes.as_slice();
        let mut begin = 0;
        for Letter { place, end } in bag.letters.drain(..) {
            let letter;
            (letter, bytes) = bytes.split_at(end - begin);
            begin = end;
            let Some(desk) = self.desks.find(place) else {
                continue;
            };
            let written = if write { desk.write(letter) } else { 0 };
            if written < letter.len() {
                rest(place, &letter[written..]);
            }
        }
        bag.bytes.clear();
    }
}
