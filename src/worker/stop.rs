//! How a worker process ends.

use std::time::{Duration, Instant};

use ext_php_rs::types::Zval;
use ouvrier_process::{Pid, Signal, signal};

use super::{
    log,
    reactor::{self, Reactor, Stopping},
    report::{self, Callback},
    service, slots, status,
};
use crate::{
    connection::tcp_connection,
    zend::{
        Object, Result, array, callback as php, exception,
        property::{set_static_property, static_property},
        value,
    },
};

/// How long before the master's patience ends a process ends by itself, with whatever is still open.
const MARGIN: Duration = Duration::from_millis(250);

/// `Worker::stopAll($code, $log)`.
pub(crate) fn stop_all(code: i32, message: &Zval) -> Result<()> {
    stop_after(Duration::ZERO, code, message)
}

/// As [`stop_all`], but the process stays for `pause`, so that one which cannot start does not try all the time.
pub(super) fn stop_after(pause: Duration, code: i32, message: &Zval) -> Result<()> {
    let class = service();
    if static_property(class, "masterPid").long() == Some(i64::from(Pid::this().as_raw())) {
        if message.coerce_to_bool() {
            php::call_static(class, "log", &mut [message.shallow_clone()])?;
        }
        signal::send_to_self(Signal::SIGTERM);
        return Ok(());
    }
    set_static_property(class, "status", value::long(status::SHUTDOWN));
    if code != 0 && message.coerce_to_bool() {
        php::call_static(class, "log", &mut [message.shallow_clone()])?;
    }
    let Some(reactor) = reactor::current() else {
        return exception::exit(code);
    };
    reactor.stop(Stopping {
        code,
        not_before: Instant::now() + pause,
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

/// A signal that ends the process at once.
pub(super) fn signalled() -> Result<()> {
    set_static_property(service(), "gracefulStop", value::boolean(false));
    stop_all(0, &Zval::null())
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
                && (force || tcp_connection::has_received_nothing(&connection))
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

/// Closes what is still open in a process that stops: messages that are not whole by now are not waited for.
pub(super) fn close_connections(reactor: &Reactor) -> Result<()> {
    if is_graceful() {
        return Ok(());
    }
    for connection in reactor.open_connections() {
        connection.call("close", &mut [])?;
    }
    Ok(())
}
