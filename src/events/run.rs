//! `run()` and `stop()` of an event loop.

use std::{io, rc::Rc, time::Instant};

use ouvrier_net::Ready;

use super::{event_loop::LoopState, guest, revolt, turn::turn};
use crate::{
    connection::{datagrams, dispatch::dispatch},
    worker::{
        reactor::{self, Reactor},
        run as process, stop as end,
    },
    zend::{Object, Result, exception, library, value},
};

/// Runs the loop until it is stopped. Workerman's `Select` waits even when there is nothing left to wait for; the others return.
pub(super) fn run(this: &Object) -> Result<()> {
    let Some(state) = this.state::<LoopState>() else {
        return Ok(());
    };
    // That of a worker process runs from the start, and not here.
    let runs = state.running.get() || state.started().is_some_and(|own| is_of_process(&own));
    if runs {
        return exception::throw(
            ext_php_rs::zend::ce::error(),
            "The event loop is already running",
        );
    }
    let reactor = start(this, state)?;
    let driver = match super::manner(this.class()).in_fibers {
        true => revolt::install(this, state)?,
        false => None,
    };
    state.running.set(true);
    let outcome = match driver {
        Some(driver) => drive(state, &driver),
        None => turns(state, &reactor, super::manner(this.class()).waits_for_ever),
    };
    state.running.set(false);
    outcome
}

fn turns(state: &LoopState, reactor: &Reactor, for_ever: bool) -> Result<()> {
    while !state.stopped.take() && (for_ever || has_work(state, reactor)) {
        turn(reactor, None, |ready| handle(reactor, ready))?;
    }
    Ok(())
}

/// Revolt's driver for the loop of a worker process, if the loop has fibers and Revolt is there. What is thrown in Revolt ends the process.
pub(crate) fn driver_of_process(this: &Object, state: &LoopState) -> Result<Option<Object>> {
    if !state.agenda.in_fibers.get() {
        return Ok(None);
    }
    let driver = revolt::install(this, state)?;
    if let Some(driver) = &driver {
        let handler = library::embedded(c"Worker::stopAll", include_str!("../../php/stop.php"))?;
        revolt::set_error_handler(driver, &handler)?;
    }
    Ok(driver)
}

/// Lets Revolt run, which asks for turns.
fn drive(state: &LoopState, driver: &Object) -> Result<()> {
    loop {
        driver.call("run", &mut [])?;
        if state.stopped.take() || !waits(state) {
            return Ok(());
        }
    }
}

/// Whether a loop has something to wait for besides what Revolt has asked for. That of a worker process always has.
pub(super) fn waits(state: &LoopState) -> bool {
    let waits = |reactor: Rc<Reactor>| is_of_process(&reactor) || has_clients(&reactor);
    state.agenda.waits_for_others() || state.started().is_some_and(waits)
}

fn has_clients(reactor: &Reactor) -> bool {
    !reactor.has_no_connections() || !reactor.has_no_udp_clients()
}

/// Whether there is something to wait for.
pub(super) fn has_work(state: &LoopState, reactor: &Reactor) -> bool {
    !state.agenda.is_empty() || has_clients(reactor)
}

/// One turn on behalf of Revolt. Whether there is something left to wait for besides what Revolt has asked for.
pub(super) fn turn_once(this: &Object, state: &LoopState, until: Option<Instant>) -> Result<bool> {
    let reactor = start(this, state)?;
    if is_of_process(&reactor) {
        process::step(&reactor, until)?;
        let goes_on = reactor.exit_code().is_none();
        if !goes_on {
            stop_driver(state)?;
        }
        return Ok(goes_on);
    }
    turn(&reactor, until, |ready| handle(&reactor, ready))?;
    Ok(!state.stopped.get() && waits(state))
}

/// Whether a reactor is the one of this worker process.
fn is_of_process(reactor: &Reactor) -> bool {
    reactor::current().is_some_and(|current| std::ptr::eq(&*current, reactor))
}

/// What is ready in a loop that is none of a worker process.
pub(super) fn handle(reactor: &Reactor, ready: Ready) -> Result<()> {
    match ready {
        Ready::Connection(connection) => dispatch(reactor, connection),
        Ready::Datagrams(number) => datagrams::dispatch(reactor, number),
        // A signal that nobody waits for any more is ignored. There are no listeners, and nobody asks.
        Ready::Signal(_) | Ready::Question(_) | Ready::AcceptFailed(..) => Ok(()),
    }
}

/// The loop's reactor, built when it is needed.
pub(crate) fn start(this: &Object, state: &LoopState) -> Result<Rc<Reactor>> {
    let manner = super::manner(this.class());
    state.agenda.in_fibers.set(manner.in_fibers);
    state.agenda.catches_all.set(manner.catches_all);
    built(state.reactor())
}

/// The reactor of a process whose loop the script has written.
pub(crate) fn start_own() -> Result<Rc<Reactor>> {
    built(Reactor::new(Rc::default()))
}

fn built(reactor: io::Result<Rc<Reactor>>) -> Result<Rc<Reactor>> {
    reactor
        .or_else(|error| exception::throw_runtime(&format!("cannot start the event loop: {error}")))
}

/// The reactor that a loop runs on. One that the script has written has that of the process which spends its life in it, or a guest.
pub(crate) fn reactor_of(event_loop: &Object) -> Result<Rc<Reactor>> {
    if let Some(state) = event_loop.state::<LoopState>() {
        return start(event_loop, state);
    }
    match reactor::current() {
        Some(reactor) if reactor.event_loop().is_some_and(|own| own.is(event_loop)) => Ok(reactor),
        _ => guest::reactor_for(event_loop),
    }
}

/// Has the signals of the loop caught from now on.
pub(super) fn watch_signals(this: &Object, state: &LoopState) -> Result<()> {
    let reactor = start(this, state)?;
    super::turn::watch_signals(&reactor)
}

/// `$loop->stop()`. The loop of a worker process takes the process with it.
pub(super) fn stop(this: &Object) -> Result<()> {
    let Some(state) = this.state::<LoopState>() else {
        return Ok(());
    };
    let started = state.started();
    if started.as_deref().is_some_and(is_of_process) {
        return end::fail(value::bytes("event-loop exited"));
    }
    state.stopped.set(true);
    state.agenda.clear();
    if let Some(reactor) = started {
        reactor.runtime.forget_watched();
    }
    stop_driver(state)
}

fn stop_driver(state: &LoopState) -> Result<()> {
    match revolt::of(state) {
        Some(driver) => driver.call("stop", &mut []).map(drop),
        None => Ok(()),
    }
}
