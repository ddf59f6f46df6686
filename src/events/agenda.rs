//! What an event loop is to do: its timers, streams and signals, and who hears of what goes wrong.
//!
//! An agenda needs no runtime, so a loop may be filled before a fork. Nothing that is borrowed in here is still borrowed when PHP runs; what is
//! given up is handed out, to be dropped by the caller.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    rc::Rc,
    time::{Duration, Instant},
};

use ext_php_rs::types::Zval;
use ouvrier_net::Timers;

use super::streams::Streams;
use crate::zend::Object;

/// What a timer calls.
pub(crate) struct Task {
    pub(crate) callback: Zval,
    pub(crate) arguments: Zval,
}

/// When the timers are looked at next.
#[derive(Debug, Clone, Copy, Default)]
pub(super) enum Tick {
    /// When one is due.
    #[default]
    AsDue,
    /// Not before, whatever is due.
    At(Instant),
    /// When a timer is added.
    WithNewTimer,
}

#[derive(Default)]
pub(crate) struct Agenda {
    pub(super) streams: Streams,
    timers: RefCell<Timers<Rc<Task>>>,
    next_tick: Cell<Tick>,
    signals: RefCell<BTreeMap<i32, Zval>>,
    error_handler: RefCell<Option<Zval>>,
    /// The number of the object of Revolt's driver. What it asks for itself it only takes note of, so that needs no fiber.
    driver: Cell<Option<u32>>,
    /// Every callback runs in a fiber of its own.
    pub(super) in_fibers: Cell<bool>,
    /// Exceptions of stream callbacks go to the error handler too, instead of ending `run()`.
    pub(super) catches_all: Cell<bool>,
}

impl Agenda {
    pub(crate) fn add_timer(&self, after: Duration, repeats: bool, task: Task) -> u64 {
        let every = repeats.then_some(after);
        let now = Instant::now();
        let is_sooner = match self.next_tick.get() {
            Tick::AsDue => false,
            Tick::At(at) => now.checked_add(after).is_some_and(|due| due < at),
            Tick::WithNewTimer => true,
        };
        if is_sooner {
            self.next_tick.set(Tick::AsDue);
        }
        self.timers
            .borrow_mut()
            .add(now, after, every, Rc::new(task))
    }

    pub(crate) fn remove_timer(&self, id: u64) -> Option<Rc<Task>> {
        self.timers.borrow_mut().remove(id)
    }

    pub(crate) fn remove_timers(&self) -> Vec<Rc<Task>> {
        self.timers.borrow_mut().clear()
    }

    pub(crate) fn timer_count(&self) -> usize {
        self.timers.borrow().len()
    }

    /// When the next timer is due.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        match self.next_tick.get() {
            Tick::AsDue => self.timers.borrow().deadline(),
            Tick::At(at) => Some(at),
            Tick::WithNewTimer => None,
        }
    }

    pub(super) fn set_next_tick(&self, tick: Tick) {
        self.next_tick.set(tick);
    }

    /// Whether the timers may be looked at.
    pub(super) fn is_tick_due(&self, now: Instant) -> bool {
        if let Tick::At(at) = self.next_tick.get()
            && at <= now
        {
            self.next_tick.set(Tick::AsDue);
        }
        matches!(self.next_tick.get(), Tick::AsDue)
    }

    pub(super) fn due_timer(&self, now: Instant) -> Option<Rc<Task>> {
        self.timers.borrow_mut().due(now).map(|due| due.payload)
    }

    pub(super) fn set_signal(&self, signal: i32, callback: Zval) -> Option<Zval> {
        self.signals.borrow_mut().insert(signal, callback)
    }

    pub(super) fn remove_signal(&self, signal: i32) -> Option<Zval> {
        self.signals.borrow_mut().remove(&signal)
    }

    /// Whether somebody waits for a signal.
    pub(super) fn has_signals(&self) -> bool {
        !self.signals.borrow().is_empty()
    }

    /// The signals that somebody waits for.
    pub(super) fn signals(&self) -> Vec<i32> {
        self.signals.borrow().keys().copied().collect()
    }

    pub(super) fn signal(&self, signal: i32) -> Option<Zval> {
        self.signals.borrow().get(&signal).map(Zval::shallow_clone)
    }

    pub(super) fn set_driver(&self, driver: &Object) {
        self.driver.set(Some(driver.handle()));
    }

    /// Whether a callback is a method of the driver.
    pub(super) fn is_of_driver(&self, callback: &Zval) -> bool {
        let owner = callback.array().and_then(|pair| pair.get_index(0));
        let owner = owner.and_then(Object::from_zval);
        owner.is_some_and(|owner| self.driver.get() == Some(owner.handle()))
    }

    pub(super) fn set_error_handler(&self, handler: Zval) -> Option<Zval> {
        self.error_handler.replace(Some(handler))
    }

    pub(super) fn error_handler(&self) -> Option<Zval> {
        self.error_handler
            .borrow()
            .as_ref()
            .map(Zval::shallow_clone)
    }

    /// Whether there is nothing to wait for.
    pub(super) fn is_empty(&self) -> bool {
        self.timers.borrow().is_empty()
            && self.streams.is_empty()
            && self.signals.borrow().is_empty()
    }

    /// Whether there is something to wait for besides what Revolt's driver asks for, which knows itself whether that is worth waiting for.
    pub(super) fn waits_for_others(&self) -> bool {
        let is_of_others = |callback: &Zval| !self.is_of_driver(callback);
        !self.timers.borrow().is_empty()
            || self.streams.has_callback(is_of_others)
            || self.signals.borrow().values().any(is_of_others)
    }

    /// Gives up everything but the error handler.
    pub(crate) fn clear(&self) {
        let timers = self.remove_timers();
        let signals = self.signals.take();
        let streams = self.streams.take();
        drop((timers, signals, streams));
    }
}
