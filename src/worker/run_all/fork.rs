//! `installSignal()` and `forkWorkers()`: the master, and what it tells the script.

use std::{collections::BTreeMap, time::Duration};

use ext_php_rs::{types::Zval, zend::ClassEntry};
use ouvrier_process::{
    Pid, limits,
    master::{Exit, Group, Master, Observer, Options, Role, SuperviseError},
};

use super::{LAUNCH, banner, files, is_daemon};
use crate::{
    worker::{address, all_workers, listen::fit_sockets, log, run, slots, socket_name},
    zend::{
        Call, Object, Result, Unwind, callback as php, exception, library,
        property::static_property, value,
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
        event_loop: banner::EVENT_LOOP.to_owned(),
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
    let master_pid = Pid::this();
    let Some(mut master) = LAUNCH.with_borrow_mut(|launch| launch.master.take()) else {
        return exception::throw_runtime("installSignal() has to come before forkWorkers()");
    };
    let workers = all_workers();
    let mut observer = MasterObserver {
        class,
        workers: &workers,
    };
    match master.supervise(&mut observer) {
        Ok(Role::Worker(place)) => {
            drop(master);
            run::process(class, &workers[place.slot.group], place, master_pid)
        }
        Ok(Role::Finished) => exception::exit(0),
        Err(SuperviseError::Observer(unwind)) => Err(unwind),
        Err(error) => exception::throw_runtime(&error.to_string()),
    }
}

/// Tells the script, in the master, what happens to its processes.
struct MasterObserver<'a> {
    class: &'static ClassEntry,
    workers: &'a [Object],
}

impl MasterObserver<'_> {
    /// What a callback throws is logged: the service lives on. Only `exit()` and fatal errors come back.
    fn call(&self, property: &str, arguments: &mut [Zval]) -> Result<()> {
        let callback = static_property(self.class, property);
        if !php::is_set(&callback) {
            return Ok(());
        }
        match php::notify(&callback, arguments) {
            Ok(()) => Ok(()),
            Err(unwind) => match exception::take() {
                Some(exception) => log::exception(self.class, &exception),
                None => Err(unwind),
            },
        }
    }
}

impl Observer for MasterObserver<'_> {
    type Error = Unwind;

    fn log(&mut self, line: &str) -> Result<()> {
        log::line(self.class, line)
    }

    fn worker_exited(&mut self, exit: &Exit) -> Result<()> {
        let worker = self.workers[exit.slot.group].to_zval();
        let arguments = &mut [
            worker,
            value::long(exit.raw_status),
            value::long(exit.pid.as_raw()),
        ];
        self.call("onWorkerExit", arguments)
    }

    fn reloading(&mut self) -> Result<Vec<Group>> {
        self.call("onMasterReload", &mut [])?;
        for worker in self.workers {
            if let Err(unwind) = fit_sockets(worker) {
                match exception::take() {
                    Some(exception) => log::exception(self.class, &exception)?,
                    None => return Err(unwind),
                }
            }
        }
        Ok(self.workers.iter().map(group).collect())
    }

    fn stopped(&mut self) -> Result<()> {
        self.workers.iter().for_each(address::remove_socket_file);
        self.call("onMasterStop", &mut [])
    }
}
