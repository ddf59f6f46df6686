//! Timers where there is no event loop: those of the master, to the second.
//!
//! They are kept where Workerman keeps them: `Timer::$tasks` by the second in which they are due and by id, `Timer::$status` by id. The master is
//! woken by an alarm once a second for as long as there are any.

use std::cell::Cell;

use ext_php_rs::types::Zval;
use ouvrier_process::signal;

use super::class;
use crate::{
    events::agenda::Task,
    worker,
    zend::{
        Result,
        array::{self, Key},
        callback, exception, library,
        statics::{set_static_property, static_property, with_static},
        value,
    },
};

/// Seconds between two looks at what is due.
const PERIOD: u32 = 1;

thread_local! {
    /// This process is the master and takes alarms. Without a handler, an alarm would end it.
    static TAKES_ALARMS: Cell<bool> = const { Cell::new(false) };
}

/// From now on this process, the master, is told of alarms.
pub(crate) fn take_alarms() {
    TAKES_ALARMS.set(true);
    arm();
}

/// Forgets the master's timers, in a forked process.
pub(crate) fn forget() {
    TAKES_ALARMS.set(false);
    clear();
}

/// Has the process woken, if there is something to wake it for.
fn arm() {
    let tasks = static_property(class(), "tasks");
    let has_tasks = tasks.array().is_some_and(|tasks| !tasks.is_empty());
    if TAKES_ALARMS.get() {
        signal::alarm(if has_tasks { PERIOD } else { 0 });
    }
}

pub(super) fn clear() {
    for property in ["tasks", "status"] {
        set_static_property(class(), property, Zval::new_array());
    }
    arm();
}

/// Adds a timer and returns its id.
pub(super) fn add(seconds: f64, persistent: bool, task: Task) -> i64 {
    let id = with_static(class(), "timerId", |last| {
        let id = last.long().unwrap_or_default();
        let next = if id == i64::MAX { 1 } else { id + 1 };
        *last = value::long(next);
        next
    });
    let id = id.unwrap_or_default();
    with_static(class(), "status", |status| {
        array::replace_index(status, id, value::boolean(true))
    });
    let entry = [
        task.callback,
        task.arguments,
        value::boolean(persistent),
        value::double(seconds),
    ];
    put(id, seconds, array::list(entry));
    arm();
    id
}

/// Has a timer due in the second that begins before so many seconds are over.
fn put(id: i64, seconds: f64, entry: Zval) {
    let second = library::unix_time().saturating_add(seconds as i64);
    with_static(class(), "tasks", |tasks| {
        let mut due = array::take_index(tasks, second).unwrap_or_else(Zval::new_array);
        array::set_index(&mut due, id, entry);
        array::replace_index(tasks, second, due)
    });
}

/// Removes a timer. Says so whether or not there was one, as Workerman does.
pub(super) fn remove(id: i64) {
    let mut removed = Vec::new();
    with_static(class(), "status", |status| {
        removed.extend(array::take_index(status, id));
    });
    for (second, _) in array::entries(&static_property(class(), "tasks")) {
        let Key::Index(second) = second else { continue };
        with_static(class(), "tasks", |tasks| {
            let mut due = array::take_index(tasks, second).unwrap_or_else(Zval::new_array);
            removed.extend(array::take_index(&mut due, id));
            if due.array().is_some_and(|due| !due.is_empty()) {
                removed.extend(array::replace_index(tasks, second, due));
            }
        });
    }
    drop(removed);
}

/// Calls what is due. What a timer throws is printed; the master lives on.
pub(crate) fn tick() -> Result<()> {
    let now = library::unix_time();
    for (second, due) in array::entries(&static_property(class(), "tasks")) {
        let Key::Index(second) = second else { continue };
        if second > now {
            continue;
        }
        drop(with_static(class(), "tasks", |tasks| {
            array::take_index(tasks, second)
        }));
        let entries = array::entries(&due);
        drop(due);
        for (id, entry) in entries {
            if let Key::Index(id) = id {
                run(id, &entry)?;
            }
            // The last of a timer that is over: its destructors may throw as well.
            drop(entry);
            tell_thrown()?;
        }
    }
    arm();
    Ok(())
}

fn run(id: i64, entry: &Zval) -> Result<()> {
    let parts = array::values(entry);
    // One before it may have removed it.
    let ([callback, arguments, persistent, seconds], true) = (parts.as_slice(), is_set(id)) else {
        return Ok(());
    };
    let outcome = callback::notify(callback, &mut array::raw_values(arguments));
    if !tell_thrown()? {
        outcome?;
    }
    if is_set(id) && persistent.coerce_to_bool() {
        put(
            id,
            seconds.double().unwrap_or_default(),
            entry.shallow_clone(),
        );
    }
    Ok(())
}

/// Prints what was thrown, and says whether there was something.
fn tell_thrown() -> Result<bool> {
    let thrown = exception::take();
    if let Some(thrown) = &thrown {
        worker::log::echo(thrown)?;
    }
    Ok(thrown.is_some())
}

fn is_set(id: i64) -> bool {
    let status = static_property(class(), "status");
    status
        .array()
        .is_some_and(|status| status.get_index(id).is_some())
}
