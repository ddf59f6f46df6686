//! A worker process that spends its life in an event loop of the script, an `EventInterface` that is none of ours.
//!
//! While PHP is in that loop, the relief driver drives the network. The loop watches a descriptor for us that becomes readable when something is
//! ready for PHP; its callback is a turn that does not wait. What is to be done at a certain time is a timer of the loop, and so are those of `Timer`. Signals
//! are caught as they are for every worker process.

use std::{cell::Cell, rc::Rc, time::Instant};

use ext_php_rs::types::Zval;

use super::{class, reactor::Reactor, run};
use crate::zend::{Object, Result, callback as php, exception, library, stream, value};

/// The method of `Worker` that the loop calls.
pub(super) const VISIT: &str = "visitNetwork";

thread_local! {
    /// The timer of the loop that wakes us at the process's next deadline.
    static DEADLINE: Cell<Option<i64>> = const { Cell::new(None) };
}

/// Tells the loop what to do about errors, as it is told in Workerman.
pub(super) fn prepare(event_loop: &Object) -> Result<()> {
    let handler = library::embedded(c"Worker::stopAll", include_str!("../../php/stop.php"))?;
    event_loop.call("setErrorHandler", &mut [handler]).map(drop)
}

/// Runs the loop until it is told to stop. Returns the exit code.
pub(super) fn run(reactor: &Rc<Reactor>, event_loop: &Object) -> Result<i32> {
    let bell = match reactor.runtime.bell() {
        Ok(bell) => stream::from_socket(bell),
        Err(error) => {
            return exception::throw_runtime(&format!("cannot watch the network: {error}"));
        }
    };
    event_loop.call("onReadable", &mut [bell, callback()])?;
    visit(reactor, event_loop)?;
    if reactor.exit_code().is_none() {
        event_loop.call("run", &mut [])?;
    }
    match reactor.exit_code() {
        Some(code) => Ok(code),
        None => {
            super::log::line(super::service(), "event-loop exited")?;
            Ok(250)
        }
    }
}

/// A turn that does not wait, and what the loop is to do for us until the next one.
pub(super) fn visit(reactor: &Rc<Reactor>, event_loop: &Object) -> Result<()> {
    run::step(reactor, Some(Instant::now()))?;
    if reactor.exit_code().is_some() {
        return event_loop.call("stop", &mut []).map(drop);
    }
    set_deadline(reactor, event_loop)?;
    reactor.runtime.leave();
    Ok(())
}

fn set_deadline(reactor: &Reactor, event_loop: &Object) -> Result<()> {
    if let Some(timer) = DEADLINE.take() {
        event_loop.call("offDelay", &mut [value::long(timer)])?;
    }
    let Some(at) = reactor.deadline() else {
        return Ok(());
    };
    let seconds = at.saturating_duration_since(Instant::now()).as_secs_f64();
    let timer = event_loop.call("delay", &mut [value::double(seconds), callback()])?;
    DEADLINE.set(timer.long());
    Ok(())
}

fn callback() -> Zval {
    php::static_closure(class(), VISIT)
}
