//! The turn of an event loop: the network moves until something is ready, then PHP is called.

use std::{
    rc::Rc,
    time::{Instant, SystemTime},
};

use ext_php_rs::types::Zval;
use ouvrier_net::{Interest, Ready, runtime};
use ouvrier_process::signal;

use super::{
    agenda::{Agenda, Task, Tick},
    event_loop::{duration, with_state},
    streams::Direction,
};
use crate::{
    connection::broadcast,
    worker::{
        reactor::{self, Reactor},
        report::{Callback, enter},
        stop,
    },
    zend::{Call, Result, Unwind, array, callback, exception, library, value},
};

/// Things that are ready which are handled before timers get their turn.
const BATCH: usize = 1024;

/// Where an exception came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Source {
    Stream,
    TimerOrSignal,
}

/// One turn, which waits until something is ready, a timer is due, or `until` has come. What is ready and no business of the agenda goes to `handle`.
///
/// # Errors
/// What ends the loop.
pub(crate) fn turn(
    reactor: &Reactor,
    until: Option<Instant>,
    handle: impl Fn(Ready) -> Result<()>,
) -> Result<()> {
    let outer = super::IN_FIBERS.replace(reactor.agenda.in_fibers.get());
    let outcome = wait_and_call(reactor, until, handle);
    super::IN_FIBERS.set(outer);
    outcome
}

fn wait_and_call(
    reactor: &Reactor,
    until: Option<Instant>,
    handle: impl Fn(Ready) -> Result<()>,
) -> Result<()> {
    let agenda = &reactor.agenda;
    watch_signals(reactor)?;
    let mut streams = agenda.streams.update(&reactor.runtime)?;
    let at_once = (!streams.is_empty()).then(Instant::now);
    broadcast::forget();
    let deadlines = [until, agenda.deadline(), at_once];
    reactor.runtime.turn(deadlines.into_iter().flatten().min());
    for _ in 0..BATCH {
        let Some(ready) = reactor.runtime.next() else {
            break;
        };
        match callback_of(reactor, &ready) {
            Some((number, callback)) => call_signal(reactor, number, callback)?,
            None => handle(ready)?,
        }
    }
    if let Err(error) = agenda.streams.find_ready(&reactor.runtime, &mut streams) {
        return exception::throw_runtime(&format!("cannot watch streams: {error}"));
    }
    for direction in Direction::ALL {
        for (&number, &found) in &streams {
            call_stream(reactor, number, direction, found)?;
        }
    }
    if agenda.deadline().is_some() && agenda.is_tick_due(Instant::now()) {
        call_timers(agenda)?;
    }
    Ok(())
}

fn call_timers(agenda: &Rc<Agenda>) -> Result<()> {
    let now = Instant::now();
    while let Some(task) = agenda.due_timer(now) {
        let (callback, arguments) = (task.callback.shallow_clone(), arguments(&task));
        // The call has the last of a timer that is over, so that what its destructors throw is settled with it.
        drop(task);
        enter(Callback::Timer);
        call(agenda, Source::TimerOrSignal, callback, arguments)?;
    }
    Ok(())
}

/// `$loop->tick()`.
pub(super) fn tick(call: &mut Call) -> Result<()> {
    with_state(call, |state| {
        state.agenda.set_next_tick(Tick::AsDue);
        call_timers(&state.agenda)
    })
}

/// `$loop->setNextTickTime($nextTickTime)`.
pub(super) fn set_next_tick_time(call: &mut Call) -> Result<()> {
    let at = call.double_or(0, 0.0);
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let after = duration(at - now.map_or(0.0, |now| now.as_secs_f64()));
    let tick = match Instant::now().checked_add(after) {
        Some(at_instant) if at > 0.0 => Tick::At(at_instant),
        _ => Tick::WithNewTimer,
    };
    with_state(call, |state| {
        state.agenda.set_next_tick(tick);
        Ok(())
    })
}

/// The arguments of a timer, references kept.
fn arguments(task: &Task) -> Vec<Zval> {
    array::raw_values(&task.arguments)
}

pub(super) fn watch_signals(reactor: &Reactor) -> Result<()> {
    if !reactor.agenda.has_signals() {
        return Ok(());
    }
    let signals = reactor.agenda.signals();
    // PHP has handlers of its own, which would be called as well.
    for &number in signals
        .iter()
        .filter(|&&number| !runtime::is_caught(number))
    {
        signal::set_default(number);
    }
    match reactor.runtime.watch_signals(&signals) {
        Ok(()) => Ok(()),
        Err(error) => exception::throw_runtime(&format!("cannot watch a signal: {error}")),
    }
}

/// The callback that the script has for a signal, before anything that the process itself does about it.
fn callback_of(reactor: &Reactor, ready: &Ready) -> Option<(i32, Zval)> {
    let Ready::Signal(number) = *ready else {
        return None;
    };
    Some((number, reactor.agenda.signal(number)?))
}

fn call_signal(reactor: &Reactor, number: i32, callback: Zval) -> Result<()> {
    enter(Callback::Signal);
    call(
        &reactor.agenda,
        Source::TimerOrSignal,
        callback,
        vec![value::long(number)],
    )
}

fn call_stream(
    reactor: &Reactor,
    number: u64,
    direction: Direction,
    found: Interest,
) -> Result<()> {
    if !direction.is_in(found) {
        return Ok(());
    }
    // A callback before this one may have removed it.
    let Some((stream, callback)) = reactor.agenda.streams.callback(number, direction) else {
        return Ok(());
    };
    enter(Callback::Stream);
    call(&reactor.agenda, Source::Stream, callback, vec![stream])
}

fn call(agenda: &Rc<Agenda>, source: Source, callback: Zval, arguments: Vec<Zval>) -> Result<()> {
    let is_of_driver = agenda.is_of_driver(&callback);
    let run = move || {
        let mut arguments = arguments;
        callback::notify(&callback, &mut arguments)
    };
    let outcome = if is_of_driver {
        run()
    } else {
        super::call(run)
    };
    settle(agenda, source, outcome)
}

/// Decides what an exception does. Comes back with an error when the loop is to end.
fn settle(agenda: &Rc<Agenda>, source: Source, outcome: Result<()>) -> Result<()> {
    if outcome.is_ok() && !exception::pending() {
        return Ok(());
    }
    let is_process = reactor::current().is_some_and(|current| Rc::ptr_eq(&current.agenda, agenda));
    let escapes = !is_process && source == Source::Stream && !agenda.catches_all.get();
    if escapes || outcome == Err(Unwind::Bailout) {
        return outcome.and(Err(Unwind::Exception));
    }
    let Some(thrown) = exception::take() else {
        return outcome.and(Err(Unwind::Exception));
    };
    match agenda.error_handler() {
        Some(handler) => {
            let outcome = callback::notify(&handler, &mut [thrown.to_zval()]);
            match exception::take() {
                Some(thrown) if is_process => stop::fail(thrown.to_zval()),
                Some(thrown) => exception::throw_again(&thrown),
                None => outcome,
            }
        }
        None if is_process => stop::fail(thrown.to_zval()),
        None if agenda.in_fibers.get() => exception::throw_again(&thrown),
        None => library::echo(&thrown),
    }
}
