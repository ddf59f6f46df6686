//! `run()` and `stop()` of an event loop.

use std::rc::Rc;

use ouvrier_net::Ready;

use super::{event_loop::LoopState, turn::turn};
use crate::{
    connection::{datagrams, dispatch::dispatch},
    worker::{
        reactor::{self, Reactor},
        stop as end,
    },
    zend::{Object, Result, exception, value},
};

/// Runs the loop until it is stopped. Workerman's `Select` waits even when there is nothing left to wait for; the others return.
pub(super) fn run(this: &Object) -> Result<()> {
    let Some(state) = this.state::<LoopState>() else {
        return Ok(());
    };
    if state.running.get() {
        return exception::throw(
            ext_php_rs::zend::ce::error(),
            "The event loop is already running",
        );
    }
    let reactor = start(this, state)?;
    state.running.set(true);
    let outcome = turns(state, &reactor, super::manner(this.class()).waits_for_ever);
    state.running.set(false);
    outcome
}

fn turns(state: &LoopState, reactor: &Reactor, for_ever: bool) -> Result<()> {
    while !state.stopped.take() {
        if !for_ever
            && state.agenda.is_empty()
            && reactor.has_no_connections()
            && reactor.has_no_udp_clients()
        {
            return Ok(());
        }
        turn(reactor, None, |ready| handle(reactor, ready))?;
    }
    Ok(())
}

/// What is ready in a loop that is none of a worker process.
fn handle(reactor: &Reactor, ready: Ready) -> Result<()> {
    match ready {
        Ready::Connection(connection) => dispatch(reactor, &connection),
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
    match state.reactor() {
        Ok(reactor) => Ok(reactor),
        Err(error) => exception::throw_runtime(&format!("cannot start the event loop: {error}")),
    }
}

/// The reactor that a loop runs on; for a loop of the script's own, that of the process.
pub(crate) fn reactor_of(event_loop: &Object) -> Result<Rc<Reactor>> {
    match (event_loop.state::<LoopState>(), reactor::current()) {
        (Some(state), _) => start(event_loop, state),
        (None, Some(reactor)) => Ok(reactor),
        (None, None) => exception::throw_runtime(&format!(
            "event loop {} is not one of Workerman\\Events",
            event_loop.class().name().unwrap_or_default()
        )),
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
    let process = reactor::current();
    if let (Some(started), Some(process)) = (&started, &process)
        && Rc::ptr_eq(started, process)
    {
        return end::fail(value::bytes("event-loop exited"));
    }
    state.stopped.set(true);
    state.agenda.clear();
    if let Some(reactor) = started {
        reactor.runtime.forget_watched();
    }
    Ok(())
}
