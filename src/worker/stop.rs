//! How a worker process ends.

use std::time::{Duration, Instant};

use ext_php_rs::{types::Zval, zend::ClassEntry};

use super::{
    drain, log,
    reactor::{self, Reactor, Stopping},
    report::{self, Callback},
    run_all, service, slots, status,
};
use crate::{
    connection::{tcp_connection, waiting},
    zend::{
        Object, Result, array, callback as php, exception,
        statics::{set_static_property, static_property},
        value,
    },
};

/// The exit code after an exception that nobody has caught.
const UNCAUGHT: i64 = 250;
/// How long before the master's patience ends a process ends by itself, with whatever is still open.
const MARGIN: Duration = Duration::from_millis(250);

/// Ends the process because of something that nobody has caught, such as an exception, through `static::stopAll()`.
pub(crate) fn fail(reason: Zval) -> Result<()> {
    let arguments = &mut [value::long(UNCAUGHT), reason];
    php::call_static(service(), "stopAll", arguments).map(drop)
}

/// `Worker::stopAll($code, $log)`.
pub(super) fn stop_all(class: &ClassEntry, code: i32, reason: &Zval) -> Result<()> {
    let reason = if reason.coerce_to_bool() {
        reason.shallow_clone()
    } else {
        Zval::null()
    };
    if run_all::is_master(class) {
        return run_all::stop_master(class, code, &reason);
    }
    if code != 0 && !reason.is_null() {
        php::call_static(class, "log", &mut [reason])?;
    }
    match reactor::current() {
        None => exception::exit(code),
        Some(reactor) if code == 0 && is_graceful() && !reactor.is_draining() => {
            drain::stop_gracefully(&reactor)
        }
        Some(reactor) => stop_now(&reactor, code),
    }
}

/// Ends the process as soon as its clients have got what was sent to them.
pub(super) fn stop_now(reactor: &Reactor, code: i32) -> Result<()> {
    set_static_property(service(), "status", value::long(status::SHUTDOWN));
    reactor.stop(Stopping {
        code,
        deadline: deadline(),
    });
    for worker in super::all_workers().iter().rev() {
        worker.call("stop", &mut [value::boolean(false)])?;
    }
    Ok(())
}

/// When to give up on connections that do not take what was sent to them; never in a graceful stop.
fn deadline() -> Option<Instant> {
    if is_graceful() {
        return None;
    }
    let timeout = static_property(service(), "stopTimeout")
        .long()
        .unwrap_or(2);
    let timeout = Duration::from_secs(u64::try_from(timeout).unwrap_or_default());
    Instant::now().checked_add(timeout.saturating_sub(MARGIN))
}

fn is_graceful() -> bool {
    static_property(service(), "gracefulStop")
        .bool()
        .unwrap_or_default()
}

/// `$worker->stop()`.
pub(super) fn stop(this: &Object, force: bool) -> Result<()> {
    let slots = slots();
    if this.bool(slots.stopping) {
        return Ok(());
    }
    this.set(slots.stopping, value::boolean(true));
    report::enter(Callback::OnWorkerStop);
    let on_worker_stop = this.get(slots.on_worker_stop);
    if php::is_set(&on_worker_stop)
        && let Err(unwind) = php::notify(&on_worker_stop, &mut [this.to_zval()])
    {
        match exception::take() {
            Some(exception) => log::exception(service(), &exception)?,
            None => return Err(unwind),
        }
    }
    this.call("unlisten", &mut [])?;
    if !is_graceful() {
        for connection in array::values(&this.get(slots.connections))
            .iter()
            .filter_map(Object::from_zval)
        {
            if connection.instance_of(tcp_connection::class())
                && (force || waiting::has_received_nothing(&connection))
            {
                connection.call("close", &mut [])?;
            }
        }
    }
    for callback in [
        slots.on_message,
        slots.on_close,
        slots.on_error,
        slots.on_buffer_drain,
        slots.on_buffer_full,
    ] {
        this.set(callback, Zval::null());
    }
    Ok(())
}

/// Closes what is still open in a process that stops, each connection once: messages that are not whole by now are not waited for.
pub(super) fn close_connections(reactor: &Reactor) -> Result<()> {
    if is_graceful() {
        return Ok(());
    }
    for tag in reactor.untold_tags() {
        if let Some(connection) = reactor.tell(tag) {
            connection.call("close", &mut [])?;
        }
    }
    Ok(())
}
