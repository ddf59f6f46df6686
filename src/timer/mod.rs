//! `Workerman\Timer`: the timers of an event loop, which those of a worker process are. [`tasks`]: timers where there is none, in the master.

pub(crate) mod tasks;

use std::{
    rc::Rc,
    time::{Duration, Instant},
};

use ext_php_rs::{types::Zval, zend::ClassEntry};

use crate::{
    events::{
        agenda::{Agenda, Task},
        event_loop,
    },
    worker,
    zend::{
        Call, Class, Object, Registration, Result, Unwind, array, callback, exception, fiber,
        statics::{set_static_property, static_property},
        value,
    },
};

static CLASS: Registration<()> = Registration::new();

/// Registers the class.
pub(crate) fn register() {
    let class = Class::declared(include_str!("timer.stub.php"))
        .method("init", init)
        .method("repeat", |call: &mut Call| add(call, true))
        .method("delay", |call: &mut Call| add(call, false))
        .method("add", |call: &mut Call| add(call, call.bool_or(3, true)))
        .method("signalHandle", signal_handle)
        .method("tick", |_: &mut Call| tasks::tick())
        .method("sleep", sleep)
        .method("del", del)
        .method("delAll", del_all);
    CLASS.register(class, |_| ());
}

fn class() -> &'static ClassEntry {
    CLASS.class()
}

/// The event loop whose timers these are, `Timer::$event`; scripts may put one of their own there.
fn event() -> Option<Object> {
    Object::from_zval(&static_property(class(), "event"))
}

/// Has all timers run by `event_loop` from now on.
pub(crate) fn set_event(event_loop: &Object) {
    set_static_property(class(), "event", event_loop.to_zval());
}

fn init(call: &mut Call) -> Result<()> {
    if let Some(event_loop) = call.object(0) {
        set_event(&event_loop);
    }
    Ok(())
}

fn add(call: &mut Call, persistent: bool) -> Result<Zval> {
    let seconds = call.double_or(0, 0.0);
    if seconds < 0.0 || seconds.is_nan() {
        return exception::throw_runtime("$timeInterval can not less than 0");
    }
    let task = event_loop::task(call);
    let Some(event) = event() else {
        if worker::has_none() {
            return exception::throw_runtime(
                "Timer can only be used in workerman running environment",
            );
        }
        return Ok(value::long(tasks::add(seconds, persistent, task)));
    };
    if let Some(agenda) = event_loop::agenda(&event) {
        let after = event_loop::duration(seconds);
        return Ok(value::long(agenda.add_timer(after, persistent, task)));
    }
    let method = if persistent { "repeat" } else { "delay" };
    event.call(
        method,
        &mut [value::double(seconds), task.callback, task.arguments],
    )
}

fn del(call: &mut Call) -> Result<Zval> {
    let Some(event) = event() else {
        tasks::remove(call.long_or(0, 0));
        return Ok(value::boolean(true));
    };
    let Some(agenda) = event_loop::agenda(&event) else {
        return event.call("offDelay", &mut [call.value(0)]);
    };
    let id = u64::try_from(call.long_or(0, 0)).unwrap_or_default();
    Ok(value::boolean(agenda.remove_timer(id).is_some()))
}

/// What an alarm does in the master.
fn signal_handle(_: &mut Call) -> Result<()> {
    match event() {
        Some(_) => Ok(()),
        None => tasks::tick(),
    }
}

fn del_all(_: &mut Call) -> Result<()> {
    tasks::clear();
    let Some(event) = event() else {
        return Ok(());
    };
    match event_loop::agenda(&event) {
        Some(agenda) => drop(agenda.remove_timers()),
        None => drop(event.call("deleteAllTimer", &mut [])?),
    }
    Ok(())
}

/// In a fiber, suspends the fiber; otherwise the callback waits, and the relief driver keeps the network going.
fn sleep(call: &mut Call) -> Result<()> {
    let Some(end) = Instant::now().checked_add(event_loop::duration(call.double_or(0, 0.0))) else {
        return exception::throw(
            ext_php_rs::zend::ce::value_error(),
            "Timer::sleep(): Argument #1 ($delay) is too large",
        );
    };
    if let (Some(event), Some(fiber)) = (event(), fiber::current())
        && suspend(&event, &fiber, end)?
    {
        return Ok(());
    }
    while let Some(left) = end
        .checked_duration_since(Instant::now())
        .filter(|left| !left.is_zero())
    {
        std::thread::park_timeout(left);
    }
    Ok(())
}

/// Suspends the fiber that is running until `end`, whoever resumes it before. Returns false where fibers cannot be suspended.
fn suspend(event: &Object, fiber: &Object, end: Instant) -> Result<bool> {
    let after = end.saturating_duration_since(Instant::now());
    let resume = array::list([fiber.to_zval(), value::bytes("resume")]);
    let alarm = Alarm::set(event, after, resume)?;
    let outcome = loop {
        match fiber::suspend() {
            Ok(true) if Instant::now() < end => {}
            outcome => break outcome,
        }
    };
    match outcome {
        Err(Unwind::Bailout) => outcome,
        Ok(_) => alarm.stop().and(outcome),
        Err(Unwind::Exception) => {
            let Some(thrown) = exception::take() else {
                return outcome;
            };
            alarm.stop()?;
            exception::throw_again(&thrown)
        }
    }
}

/// A timer that wakes a fiber: of a native loop, or of one that the script has written.
enum Alarm {
    Native(Rc<Agenda>, u64),
    Own(Object, Zval),
}

impl Alarm {
    fn set(event: &Object, after: Duration, callback: Zval) -> Result<Self> {
        let arguments = Zval::new_array();
        if let Some(agenda) = event_loop::agenda(event) {
            let task = Task {
                callback,
                arguments,
            };
            let id = agenda.add_timer(after, false, task);
            return Ok(Self::Native(agenda, id));
        }
        let seconds = value::double(after.as_secs_f64());
        let id = event.call("delay", &mut [seconds, callback, arguments])?;
        Ok(Self::Own(event.clone(), id))
    }

    /// Stops what may have rung already.
    fn stop(self) -> Result<()> {
        match self {
            Self::Native(agenda, id) => drop(agenda.remove_timer(id)),
            Self::Own(event, id) => drop(event.call("offDelay", &mut [id])?),
        }
        Ok(())
    }
}

/// Calls a static method of the class.
pub(crate) fn call(method: &str, arguments: &mut [Zval]) -> Result<Zval> {
    callback::call_static(CLASS.class(), method, arguments)
}
