//! `installSignal()` and `monitorWorkers()`: the life of the master, and what it tells the script.

use std::{collections::BTreeMap, time::Duration};

use ext_php_rs::{types::Zval, zend::ClassEntry};
use ouvrier_process::{
    Signal, limits,
    master::{Event, Exit, Group, Master, Options},
};

use super::{LAUNCH, banner, files, forward, is_daemon, processes, with_master};
use crate::{
    connection::to_bytes,
    timer::tasks,
    worker::{all_workers, event_loop, listen, log, slots, socket_name, status},
    zend::{
        Call, Class, Object, Result, callback as php, exception, library,
        statics::{set_static_property, static_property},
        value,
    },
};

/// A limit of open files below which the log warns.
const FEW_FILES: u64 = 4096;

pub(super) fn methods(class: Class) -> Class {
    class
        .method("monitorWorkers", |call: &mut Call| {
            forward(call, "monitorWorkersForLinux")
        })
        .method("monitorWorkersForLinux", monitor_workers)
        .method("exitAndClearAll", exit_and_clear_all)
}

pub(super) fn install_signal(call: &mut Call) -> Result<()> {
    let class = call.called_class();
    let open_files = limits::raise_open_files();
    if open_files < FEW_FILES {
        let text = format!(
            "Warning: a process may have {open_files} files open, and each connection is one; raise the limit with ulimit -n"
        );
        log::line(class, &text)?;
    }
    let seconds = static_property(class, "stopTimeout").long().unwrap_or(2);
    let drain = library::ini_long("ouvrier.drain_ms");
    let mut master = Master::new(Options {
        daemonized: is_daemon(class),
        stop_timeout: Duration::from_secs(u64::try_from(seconds).unwrap_or_default()),
        drain: Duration::from_millis(u64::try_from(drain).unwrap_or_default()),
        groups: groups(class),
        version_line: banner::version_line(class)?,
        versions: versions()?,
        start_time: library::timestamp(),
        ..Options::new(&files(class))
    });
    master.inherit(listen::end_of_inheritance());
    if let Err(error) = master.install_signals() {
        return exception::throw_runtime(&format!("Can not take signals: {error}"));
    }
    LAUNCH.with_borrow_mut(|launch| {
        if let Some(herald) = launch.herald.take() {
            master.tell(herald);
        }
        launch.master = Some(master);
    });
    tasks::take_alarms();
    Ok(())
}

/// The groups of the master are the workers of the script. Those that it has made since the last time come last.
fn groups(class: &ClassEntry) -> Vec<Group> {
    let workers = all_workers();
    let id =
        |worker: &Object| String::from_utf8_lossy(&worker.bytes(slots().worker_id)).into_owned();
    LAUNCH.with_borrow_mut(|launch| {
        for id in workers.iter().map(id) {
            if !launch.worker_ids.contains(&id) {
                launch.worker_ids.push(id);
            }
        }
    });
    let known = LAUNCH.with_borrow(|launch| launch.worker_ids.len());
    (0..known)
        .map(|index| match processes::worker_of(class, index) {
            Some(worker) => group(&worker),
            None => Group::default(),
        })
        .collect()
}

fn group(worker: &Object) -> Group {
    let slots = slots();
    Group {
        name: String::from_utf8_lossy(&worker.bytes(slots.name)).into_owned(),
        count: usize::try_from(worker.long(slots.count)).unwrap_or_default(),
        reloadable: worker.bool(slots.reloadable),
        listen: socket_name(worker),
        event_loop: event_loop::name(worker),
    }
}

fn versions() -> Result<BTreeMap<String, String>> {
    let php = library::call("phpversion", &mut [])?
        .string()
        .unwrap_or_default();
    let versions = [
        ("ouvrier", env!("CARGO_PKG_VERSION").to_owned()),
        ("workerman", "5.2.2".to_owned()),
        ("php", php),
    ];
    Ok(versions
        .into_iter()
        .map(|(name, version)| (name.to_owned(), version))
        .collect())
}

/// Returns never: ends the script when everything has stopped.
fn monitor_workers(call: &mut Call) -> Result<()> {
    let class = call.called_class();
    set_status(class, status::RUNNING);
    loop {
        agree_on_status(class);
        let event = match with_master(Master::next_event) {
            Some(Ok(event)) => event,
            Some(Err(error)) => {
                return exception::throw_runtime(&format!(
                    "can not supervise the workers: {error}"
                ));
            }
            None => {
                return exception::throw_runtime(
                    "installSignal() has to come before monitorWorkers()",
                );
            }
        };
        if event == Event::Stopped {
            php::call_static(class, "exitAndClearAll", &mut [])?;
            return exception::exit(0);
        }
        survive(class, tell(class, event))?;
    }
}

fn tell(class: &'static ClassEntry, event: Event) -> Result<()> {
    let call =
        |name: &str, arguments: &mut [Zval]| php::call_static(class, name, arguments).map(drop);
    match event {
        Event::Log(line) => log::line(class, &line),
        Event::Signal(Signal::SIGALRM) => tasks::tick(),
        Event::Signal(signal) => call("signalHandler", &mut [value::long(signal as i32)]),
        Event::Exited(exit) => exited(class, &exit),
        Event::Vacant => call("forkWorkers", &mut []),
        Event::Stopped => Ok(()),
    }
}

/// Scripts read `$status`, and some write it: one that says that the service stops is believed.
fn agree_on_status(class: &ClassEntry) {
    let known = static_property(class, "status").long();
    with_master(|master| match known {
        Some(status::RELOADING) if !master.is_reloading() => set_status(class, status::RUNNING),
        Some(status::SHUTDOWN) if !master.is_stopping() => master.stop_forking(),
        _ => {}
    });
}

fn exited(class: &'static ClassEntry, exit: &Exit) -> Result<()> {
    let Some(worker) = processes::worker_of(class, exit.slot.group) else {
        return Ok(());
    };
    processes::note_end(class, &worker, exit);
    let arguments = &mut [
        worker.to_zval(),
        value::long(exit.raw_status),
        value::long(exit.pid.as_raw()),
    ];
    notify(class, "onWorkerExit", arguments)
}

/// `reload()` in the master.
pub(super) fn reload(class: &'static ClassEntry) -> Result<()> {
    announce(class, "reloading")?;
    set_status(class, status::RELOADING);
    php::call_static(class, "resetStd", &mut [])?;
    notify(class, "onMasterReload", &mut [])?;
    php::call_static(class, "initId", &mut [])?;
    let graceful = static_property(class, "gracefulStop").bool();
    let groups = groups(class);
    with_master(|master| master.reload(groups, graceful.unwrap_or_default()));
    Ok(())
}

/// `stopAll()` in the master.
pub(in crate::worker) fn stop(class: &ClassEntry, code: i32, reason: &Zval) -> Result<()> {
    set_status(class, status::SHUTDOWN);
    if !reason.is_null() {
        let reason = to_bytes(reason, "Worker::stopAll")?;
        announce(class, &reason.string().unwrap_or_default())?;
    }
    let code = if code == 0 {
        String::new()
    } else {
        format!(", code [{code}]")
    };
    announce(class, &format!("stopping{code}"))?;
    let sockets = listen::release(&all_workers());
    let graceful = static_property(class, "gracefulStop").bool();
    with_master(|master| master.stop(graceful.unwrap_or_default(), sockets));
    Ok(())
}

fn exit_and_clear_all(call: &mut Call) -> Result<()> {
    let class = call.called_class();
    // A script may have ended the service without stopping it.
    listen::release(&all_workers()).close();
    with_master(Master::finish);
    announce(class, "has been stopped")?;
    notify(class, "onMasterStop", &mut [])?;
    exception::exit(0)
}

fn set_status(class: &ClassEntry, status: i64) {
    set_static_property(class, "status", value::long(status));
}

/// Logs a line about the service.
pub(super) fn announce(class: &ClassEntry, text: &str) -> Result<()> {
    log::line(class, &log::prefixed(class, text))
}

/// Calls a callback of the master, if it is set.
fn notify(class: &'static ClassEntry, property: &str, arguments: &mut [Zval]) -> Result<()> {
    let callback = static_property(class, property);
    if !php::is_set(&callback) {
        return Ok(());
    }
    survive(class, php::notify(&callback, arguments))
}

/// What the script throws in the master is logged: the service lives on. Only `exit()` and fatal errors come back.
pub(super) fn survive(class: &'static ClassEntry, outcome: Result<()>) -> Result<()> {
    match outcome {
        Ok(()) => Ok(()),
        Err(unwind) => match exception::take() {
            Some(exception) => log::exception(class, &exception),
            None => Err(unwind),
        },
    }
}
