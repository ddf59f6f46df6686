//! The classes of event loops: one Rust type under the names that Workerman has for its loops.

use std::{
    cell::{Cell, RefCell},
    io,
    rc::Rc,
    time::Duration,
};

use ext_php_rs::types::Zval;

use super::{
    agenda::{Agenda, Task},
    guest::Host,
    run,
    streams::Direction,
};
use crate::{
    worker::{self, reactor::Reactor},
    zend::{
        Call, Class, Object, Result, exception,
        object::{Handlers, State},
        stream::Stream,
        value,
    },
};

/// What an event loop object holds.
#[derive(Default)]
pub(crate) struct LoopState {
    pub(crate) agenda: Rc<Agenda>,
    /// Built when the loop first needs it, so that a loop may be made and filled before a fork.
    reactor: RefCell<Option<Rc<Reactor>>>,
    pub(super) running: Cell<bool>,
    pub(super) stopped: Cell<bool>,
    /// What Revolt knows of the loop.
    pub(super) driver: RefCell<Option<Object>>,
    /// The loop that this one works for, if a script has written one.
    pub(super) host: RefCell<Option<Rc<Host>>>,
}

static HANDLERS: Handlers = Handlers::new();

impl State for LoopState {
    fn handlers() -> &'static Handlers {
        &HANDLERS
    }
}

impl LoopState {
    /// The runtime of the loop and what belongs to it.
    pub(crate) fn reactor(&self) -> io::Result<Rc<Reactor>> {
        if let Some(reactor) = &*self.reactor.borrow() {
            return Ok(Rc::clone(reactor));
        }
        let reactor = Reactor::new(Rc::clone(&self.agenda))?;
        self.reactor.replace(Some(Rc::clone(&reactor)));
        Ok(reactor)
    }

    /// As [`Self::reactor`], if it was needed before.
    pub(super) fn started(&self) -> Option<Rc<Reactor>> {
        self.reactor.borrow().clone()
    }
}

const STUB: &str = include_str!("event_loop.stub.php");
const MARK: &str = "// The methods that only one class has stand here.";

/// A class of event loops, with the members that only it has.
pub(super) fn class(name: &str, members: &str) -> Class {
    let stub = STUB
        .replace("final class EventLoop ", &format!("final class {name} "))
        .replace(MARK, members);
    Class::declared(&stub)
        .carrying::<LoopState>()
        .method("delay", |call: &mut Call| add_timer(call, false))
        .method("repeat", |call: &mut Call| add_timer(call, true))
        .method("offDelay", remove_timer)
        .method("offRepeat", remove_timer)
        .method("onReadable", |call: &mut Call| {
            on(call, Direction::Readable)
        })
        .method("offReadable", |call: &mut Call| {
            off(call, Direction::Readable)
        })
        .method("onWritable", |call: &mut Call| {
            on(call, Direction::Writable)
        })
        .method("offWritable", |call: &mut Call| {
            off(call, Direction::Writable)
        })
        .method("onSignal", on_signal)
        .method("offSignal", off_signal)
        .method("deleteAllTimer", delete_all_timer)
        .method("run", |call: &mut Call| run::run(&call.this()?))
        .method("stop", |call: &mut Call| run::stop(&call.this()?))
        .method("getTimerCount", get_timer_count)
        .method("setErrorHandler", set_error_handler)
}

/// Calls `f` with the state of the loop that a method was called on.
pub(super) fn with_state<T>(call: &Call, f: impl FnOnce(&LoopState) -> Result<T>) -> Result<T> {
    let this = call.this()?;
    match this.state::<LoopState>() {
        Some(state) => f(state),
        None => exception::throw(
            ext_php_rs::zend::ce::error(),
            "the method needs an event loop",
        ),
    }
}

/// The native loop behind an object; `None` when it is one of a script.
pub(crate) fn agenda(event_loop: &Object) -> Option<Rc<Agenda>> {
    let state = event_loop.state::<LoopState>()?;
    Some(Rc::clone(&state.agenda))
}

/// Seconds as a duration: nothing for less than nothing, for ever for more than there is.
pub(crate) fn duration(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds.max(0.0)).unwrap_or(Duration::MAX)
}

/// A timer with the callback and the arguments that the call has from place 1 on.
pub(crate) fn task(call: &Call) -> Task {
    let arguments = call.argument(2).filter(Zval::is_array);
    Task {
        callback: call.value(1),
        arguments: arguments.unwrap_or_else(Zval::new_array),
    }
}

fn add_timer(call: &mut Call, repeats: bool) -> Result<Zval> {
    let after = duration(call.double_or(0, 0.0));
    with_state(call, |state| {
        Ok(value::long(state.agenda.add_timer(
            after,
            repeats,
            task(call),
        )))
    })
}

fn remove_timer(call: &mut Call) -> Result<bool> {
    let id = u64::try_from(call.long_or(0, 0)).unwrap_or_default();
    with_state(call, |state| Ok(state.agenda.remove_timer(id).is_some()))
}

fn delete_all_timer(call: &mut Call) -> Result<()> {
    with_state(call, |state| {
        drop(state.agenda.remove_timers());
        Ok(())
    })
}

fn get_timer_count(call: &mut Call) -> Result<Zval> {
    with_state(call, |state| Ok(value::long(state.agenda.timer_count())))
}

pub(super) fn on(call: &mut Call, direction: Direction) -> Result<()> {
    let Some(stream) = Stream::of(&call.value(0)) else {
        return exception::throw(
            ext_php_rs::zend::ce::type_error(),
            "Argument #1 ($stream) must be an open stream resource",
        );
    };
    if stream.with_descriptor(|_| ())?.is_none() {
        let text = format!(
            "Cannot represent a stream of type {} as a select()able descriptor",
            stream.kind()
        );
        return exception::throw(ext_php_rs::zend::ce::value_error(), &text);
    }
    with_state(call, |state| {
        drop(state.agenda.streams.set(direction, stream, call.value(1)));
        Ok(())
    })
}

pub(super) fn off(call: &mut Call, direction: Direction) -> Result<bool> {
    let Some(number) = Stream::number_of(&call.value(0)) else {
        return Ok(false);
    };
    with_state(call, |state| {
        let watched = state
            .started()
            .and_then(|reactor| reactor.runtime.watched().ok());
        state
            .agenda
            .streams
            .remove(direction, number, watched.as_deref())
    })
}

fn on_signal(call: &mut Call) -> Result<()> {
    let signal = i32::try_from(call.long_or(0, 0)).unwrap_or_default();
    if !ouvrier_net::runtime::can_watch(signal) {
        return exception::throw(
            ext_php_rs::zend::ce::value_error(),
            &format!("signal {signal} cannot be caught"),
        );
    }
    with_state(call, |state| {
        drop(state.agenda.set_signal(signal, call.value(1)));
        // From now on: what arrives before the loop runs must not end the process. Before a fork there is no runtime to watch with.
        if worker::may_start_threads() {
            run::watch_signals(&call.this()?, state)?;
        }
        Ok(())
    })
}

fn off_signal(call: &mut Call) -> Result<bool> {
    let signal = i32::try_from(call.long_or(0, 0)).unwrap_or_default();
    with_state(call, |state| {
        Ok(state.agenda.remove_signal(signal).is_some())
    })
}

fn set_error_handler(call: &mut Call) -> Result<()> {
    with_state(call, |state| {
        drop(state.agenda.set_error_handler(call.value(0)));
        match super::revolt::of(state) {
            Some(driver) => super::revolt::set_error_handler(&driver, &call.value(0)),
            None => Ok(()),
        }
    })
}
