//! The streams that an event loop watches for its script, and how the runtime learns of them.
//!
//! The runtime is told when a turn begins, and then looks only at what has changed. Streams that PHP has read ahead of the script, and those that
//! are never waited for, such as plain files, are ready without being asked.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    io,
    rc::Rc,
};

use ext_php_rs::types::Zval;
use ouvrier_net::{Interest, Runtime, WatchSet, Watched};

use crate::zend::{Result, exception, stream::Stream};

/// What a callback waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    Readable,
    Writable,
    Exceptional,
}

impl Direction {
    /// In the order in which callbacks are called.
    pub(super) const ALL: [Self; 3] = [Self::Readable, Self::Writable, Self::Exceptional];

    pub(super) const fn is_in(self, interest: Interest) -> bool {
        match self {
            Self::Readable => interest.readable,
            Self::Writable => interest.writable,
            Self::Exceptional => interest.exceptional,
        }
    }
}

/// What is ready, by the number of the stream.
pub(super) type Ready = BTreeMap<u64, Interest>;

/// One entry for each stream, by its number.
#[derive(Default)]
pub(super) struct Streams {
    entries: RefCell<BTreeMap<u64, Entry>>,
}

pub(super) struct Entry {
    stream: Rc<Stream>,
    /// By [`Direction`].
    callbacks: [Option<Zval>; 3],
    told: Rc<Cell<Told>>,
}

/// What the runtime knows of a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Told {
    #[default]
    Nothing,
    Watches(Interest),
    IsAlwaysReady,
}

impl Entry {
    fn interest(&self) -> Interest {
        let has = |direction: Direction| self.callbacks[direction as usize].is_some();
        Interest {
            readable: has(Direction::Readable),
            writable: has(Direction::Writable),
            exceptional: has(Direction::Exceptional),
        }
    }
}

impl Streams {
    /// Sets the callback of a stream in a direction, and hands out the one that it replaces.
    pub(super) fn set(&self, direction: Direction, stream: Stream, callback: Zval) -> Option<Zval> {
        let mut entries = self.entries.borrow_mut();
        let entry = entries.entry(stream.number()).or_insert_with(|| Entry {
            stream: Rc::new(stream),
            callbacks: [const { None }; 3],
            told: Rc::default(),
        });
        entry.callbacks[direction as usize].replace(callback)
    }

    /// Removes the callback of a stream in a direction. A stream that nobody waits for any more is forgotten at once, while its
    /// descriptor is still its own.
    pub(super) fn remove(
        &self,
        direction: Direction,
        number: u64,
        watched: Option<&WatchSet>,
    ) -> Result<bool> {
        let (callback, forgotten) = {
            let mut entries = self.entries.borrow_mut();
            let Some(entry) = entries.get_mut(&number) else {
                return Ok(false);
            };
            let callback = entry.callbacks[direction as usize].take();
            let is_over = !entry.interest().is_any();
            (callback, is_over.then(|| entries.remove(&number)).flatten())
        };
        if let (Some(entry), Some(watched)) = (forgotten, watched) {
            entry
                .stream
                .with_descriptor(|descriptor| watched.remove(descriptor))?;
        }
        Ok(callback.is_some())
    }

    /// The stream and its callback in a direction.
    pub(super) fn callback(&self, number: u64, direction: Direction) -> Option<(Zval, Zval)> {
        let entries = self.entries.borrow();
        let entry = entries.get(&number)?;
        let callback = entry.callbacks[direction as usize].as_ref()?;
        Some((entry.stream.to_zval(), callback.shallow_clone()))
    }

    /// Whether there is a callback of which `is` holds.
    pub(super) fn has_callback(&self, is: impl Fn(&Zval) -> bool) -> bool {
        let entries = self.entries.borrow();
        let mut callbacks = entries.values().flat_map(|entry| entry.callbacks.iter());
        callbacks.any(|callback| callback.as_ref().is_some_and(&is))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.entries.borrow().is_empty()
    }

    /// Empties the table; what was in it is to be dropped by the caller.
    pub(super) fn take(&self) -> BTreeMap<u64, Entry> {
        self.entries.take()
    }

    /// Tells the runtime what has changed, and returns what is ready without asking it. Streams that were closed are forgotten.
    pub(super) fn update(&self, runtime: &Runtime) -> Result<Ready> {
        let mut ready = Ready::new();
        if self.is_empty() {
            runtime.forget_watched();
            return Ok(ready);
        }
        let set = match runtime.watched() {
            Ok(set) => set,
            Err(error) => {
                return exception::throw_runtime(&format!("cannot watch streams: {error}"));
            }
        };
        let all: Vec<_> = self
            .entries
            .borrow()
            .iter()
            .map(|(&number, entry)| {
                let told = Rc::clone(&entry.told);
                (number, Rc::clone(&entry.stream), entry.interest(), told)
            })
            .collect();
        for (number, stream, interest, told) in all {
            let watched = stream.with_descriptor(|descriptor| match told.get() {
                Told::Watches(before) if before != interest => set
                    .change(descriptor, number, interest)
                    .map(|()| Told::Watches(interest)),
                Told::Nothing => set.add(descriptor, number, interest).map(|how| match how {
                    Watched::Waiting => Told::Watches(interest),
                    Watched::Always => Told::IsAlwaysReady,
                }),
                known => Ok(known),
            })?;
            self.learn(number, &stream, interest, watched, &told, &mut ready)?;
        }
        Ok(ready)
    }

    fn learn(
        &self,
        number: u64,
        stream: &Stream,
        interest: Interest,
        watched: Option<io::Result<Told>>,
        told: &Cell<Told>,
        ready: &mut Ready,
    ) -> Result<()> {
        match watched {
            None => {
                let closed = self.entries.borrow_mut().remove(&number);
                drop(closed);
                return Ok(());
            }
            Some(Ok(now)) => told.set(now),
            Some(Err(error)) => {
                let text = format!("cannot watch a stream of type {}: {error}", stream.kind());
                return exception::throw_runtime(&text);
            }
        }
        if told.get() == Told::IsAlwaysReady {
            ready.insert(number, interest);
        } else if interest.readable && stream.has_buffered() {
            let readable = Interest {
                readable: true,
                ..Interest::default()
            };
            ready.insert(number, readable);
        }
        Ok(())
    }

    /// Adds what the runtime has found to be ready. An entry of a stream that is gone makes the runtime forget everything, to be told anew.
    pub(super) fn find_ready(&self, runtime: &Runtime, ready: &mut Ready) -> io::Result<()> {
        if self.is_empty() {
            return Ok(());
        }
        let found = runtime.watched()?.ready();
        let entries = self.entries.borrow();
        if found
            .iter()
            .any(|(number, _)| !entries.contains_key(number))
        {
            runtime.forget_watched();
            entries
                .values()
                .for_each(|entry| entry.told.set(Told::Nothing));
        }
        for (number, interest) in found {
            ready
                .entry(number)
                .and_modify(|known| *known = known.or(interest))
                .or_insert(interest);
        }
        Ok(())
    }
}
