//! `Workerman\Timer`.

use std::time::{Duration, Instant};

use ext_php_rs::types::Zval;

use crate::{
    worker::reactor::{self, Task},
    zend::{Call, Class, Result, array, exception, value},
};

/// Registers the class.
pub(crate) fn register() {
    Class::declared(include_str!("timer.stub.php"))
        .method("repeat", |call: &mut Call| add(call, true))
        .method("delay", |call: &mut Call| add(call, false))
        .method("add", |call: &mut Call| add(call, call.bool_or(3, true)))
        .method("sleep", sleep)
        .method("del", del)
        .method("delAll", del_all)
        .register();
}

fn add(call: &Call, persistent: bool) -> Result<Zval> {
    let seconds = call.double_or(0, 0.0);
    if seconds < 0.0 || seconds.is_nan() {
        return exception::throw_runtime("$timeInterval can not less than 0");
    }
    let Some(reactor) = reactor::current() else {
        return exception::throw_runtime("Timer can only be used in workerman running environment");
    };
    let interval = Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX);
    let arguments = call
        .argument(2)
        .filter(Zval::is_array)
        .unwrap_or_else(Zval::new_array);
    let task = Task {
        callback: call.value(1),
        arguments,
    };
    Ok(value::long(reactor.add_timer(
        interval,
        persistent.then_some(interval),
        task,
    )))
}

/// The callback waits; the relief driver keeps the network going.
fn sleep(call: &mut Call) -> Result<()> {
    let seconds = Duration::try_from_secs_f64(call.double_or(0, 0.0)).unwrap_or_default();
    let Some(end) = Instant::now().checked_add(seconds) else {
        return exception::throw(
            ext_php_rs::zend::ce::value_error(),
            "Timer::sleep(): Argument #1 ($delay) is too large",
        );
    };
    while let Some(left) = end
        .checked_duration_since(Instant::now())
        .filter(|left| !left.is_zero())
    {
        std::thread::park_timeout(left);
    }
    Ok(())
}

fn del(call: &mut Call) -> Result<bool> {
    let Ok(id) = u64::try_from(call.long_or(0, 0)) else {
        return Ok(false);
    };
    let removed = reactor::current().and_then(|reactor| reactor.remove_timer(id));
    Ok(removed.is_some())
}

fn del_all(_: &mut Call) -> Result<()> {
    let removed = reactor::current().map(|reactor| reactor.remove_timers());
    drop(removed);
    Ok(())
}

/// The arguments of a timer, references kept.
pub(crate) fn arguments(task: &Task) -> Vec<Zval> {
    array::raw_values(&task.arguments)
}
