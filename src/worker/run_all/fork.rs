//! `installSignal()` and `forkWorkers()`: the master, and what it tells the script.

use std::{collections::BTreeMap, time::Duration};

use ext_php_rs::{types::Zval, zend::ClassEntry};
use ouvrier_process::{
    Pid, Signal, limits,
    master::{Event, Forked, Group, Master, Options},
    signal,
};

use super::{LAUNCH, banner, files, is_daemon};
use crate::{
    worker::{address, all_workers, event_loop, listen, log, run, slots, socket_name},
    zend::{
        Call, Object, Result, callback as php, exception, library, property::static_property, value,
    },
};

/// A limit of open files below which the log warns.
const FEW_FILES: u64 = 4096;

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
        groups: all_workers().iter().map(group).collect(),
        version_line: banner::version_line()?,
        versions: versions()?,
        start_time: library::timestamp(),
        ..Options::new(&files(class))
    });
    if let Err(error) = master.install_signals() {
        return exception::throw_runtime(&format!("Can not take signals: {error}"));
    }
    LAUNCH.with_borrow_mut(|launch| launch.master = Some(master));
    Ok(())
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

/// Forks, and watches over the processes. Returns in the master never, and in a worker process never: both end the script.
pub(super) fn fork_workers(call: &mut Call) -> Result<()> {
    let class = call.called_class();
    let Some(mut master) = LAUNCH.with_borrow_mut(|launch| launch.master.take()) else {
        return exception::throw_runtime("installSignal() has to come before forkWorkers()");
    };
    let workers = all_workers();
    loop {
        let event = match master.next_event() {
            Ok(event) => event,
            Err(error) => {
                return exception::throw_runtime(&format!(
                    "can not supervise the workers: {error}"
                ));
            }
        };
        match event {
            Event::Log(line) => log::line(class, &line)?,
            Event::Signal(signal) => obey(class, &workers, &mut master, signal)?,
            Event::Exited(exit) => {
                let arguments = &mut [
                    workers[exit.slot.group].to_zval(),
                    value::long(exit.raw_status),
                    value::long(exit.pid.as_raw()),
                ];
                notify(class, "onWorkerExit", arguments)?;
            }
            Event::Vacant => fork_vacant(class, &workers, &mut master)?,
            Event::Stopped => {
                workers.iter().for_each(address::remove_socket_file);
                master.finish();
                log::line(class, &log::prefixed(class, "has been stopped"))?;
                notify(class, "onMasterStop", &mut [])?;
                return exception::exit(0);
            }
        }
    }
}

fn obey(
    class: &'static ClassEntry,
    workers: &[Object],
    master: &mut Master,
    signal: Signal,
) -> Result<()> {
    match signal {
        signal::STATUS | signal::CONNECTIONS => {
            master.report(signal);
            Ok(())
        }
        signal::RELOAD | signal::GRACEFUL_RELOAD => {
            if let Some(reason) = master.refuses_reload() {
                let text = log::prefixed(class, &format!("reload ignored: {reason}"));
                return log::line(class, &text);
            }
            log::line(class, &log::prefixed(class, "reloading"))?;
            notify(class, "onMasterReload", &mut [])?;
            let groups = workers.iter().map(group).collect();
            master.reload(groups, signal == signal::GRACEFUL_RELOAD);
            Ok(())
        }
        _ => {
            let text = format!("received signal {}", signal::name(signal));
            log::line(class, &log::prefixed(class, &text))?;
            log::line(class, &log::prefixed(class, "stopping"))?;
            workers.iter().for_each(listen::close);
            master.stop(signal == Signal::SIGQUIT);
            Ok(())
        }
    }
}

fn fork_vacant(class: &'static ClassEntry, workers: &[Object], master: &mut Master) -> Result<()> {
    let master_pid = Pid::this();
    while let Some(slot) = master.vacancy() {
        match master.fork(slot) {
            Ok(Forked::Parent(..)) => {}
            Ok(Forked::Child(place)) => {
                return run::process(class, &workers[slot.group], place, master_pid);
            }
            Err(error) => {
                let text = format!("can not fork a worker: {error}");
                log::line(class, &log::prefixed(class, &text))?;
            }
        }
    }
    Ok(())
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
fn survive(class: &'static ClassEntry, outcome: Result<()>) -> Result<()> {
    match outcome {
        Ok(()) => Ok(()),
        Err(unwind) => match exception::take() {
            Some(exception) => log::exception(class, &exception),
            None => Err(unwind),
        },
    }
}
