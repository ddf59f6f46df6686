//! `Worker::runAll()`: from the command line to the last process, as a list of steps that subclasses may override one by one.
//!
//! | the step | file |
//! |---|---|
//! | where everything is, and that it is there once | [`begin`] |
//! | the commands | [`command`] |
//! | what is bound and measured before the fork | [`workers`] |
//! | what the terminal shows at start | [`banner`] |
//! | what a signal does | [`signals`] |
//! | a process begins; which there are | [`fork`](mod@fork), [`processes`] |
//! | the life of the master, and its end | [`monitor`] |
//!
//! Whatever a subclass may override is called through PHP, on the class that `runAll()` was called on, at the moment at which Workerman calls it.

mod banner;
mod begin;
mod command;
mod fork;
mod monitor;
mod processes;
mod signals;
mod workers;

use std::cell::RefCell;

use ext_php_rs::{types::Zval, zend::ClassEntry};
use ouvrier_process::{
    Pid,
    command::{Command, status::Rates},
    daemon::occupy_standard_streams,
    files::Files,
    herald::Herald,
    master::Master,
    start_lock::StartLock,
};

use super::{SERVICE, log, path};
use crate::zend::{
    Call, Class, Result, callback as php, exception, statics::static_property, value,
};

pub(super) use monitor::stop as stop_master;

/// The flags of `lock()`: LOCK_EX and LOCK_UN.
const LOCK: i64 = 2;
const UNLOCK: i64 = 3;

/// The steps, in order, some with an argument. Each is a static method.
const STEPS: [(&str, Option<i64>); 15] = [
    ("checkSapiEnv", None),
    ("initStdOut", None),
    ("init", None),
    ("parseCommand", None),
    ("checkPortAvailable", None),
    ("lock", Some(LOCK)),
    // Before the service goes to the background: what cannot be bound is told in the terminal.
    ("initWorkers", None),
    ("daemonize", None),
    ("installSignal", None),
    ("saveMasterPid", None),
    ("lock", Some(UNLOCK)),
    ("displayUI", None),
    ("forkWorkers", None),
    ("resetStd", None),
    ("monitorWorkers", None),
];

/// Exit code of a service that did not start, or did not stop.
const FAILED: i32 = 1;

/// What the steps hand on to each other.
#[derive(Default)]
struct Launch {
    command: Option<Command>,
    /// The service goes to the background, once what can fail has not failed.
    daemon: bool,
    lock: Option<StartLock>,
    /// Who waits for a service in the background.
    herald: Option<Herald>,
    master: Option<Master>,
    /// The `$workerId` of each of the master's groups.
    worker_ids: Vec<String>,
    /// Requests per second, between two looks at the status.
    rates: Rates,
}

thread_local! {
    static LAUNCH: RefCell<Launch> = RefCell::default();
}

/// Does something with the master; `None` where there is none, which is in every other process. `f` must not run PHP.
fn with_master<T>(f: impl FnOnce(&mut Master) -> T) -> Option<T> {
    LAUNCH.with_borrow_mut(|launch| launch.master.as_mut().map(f))
}

/// Adds the methods of this folder to the class.
pub(super) fn methods(class: Class) -> Class {
    let class = class.method("runAll", run_all);
    [
        begin::methods,
        command::methods,
        workers::methods,
        banner::methods,
        signals::methods,
        fork::methods,
        processes::methods,
        monitor::methods,
    ]
    .into_iter()
    .fold(class, |class, methods| methods(class))
}

/// What goes wrong before the fork is logged, and ends the script with an exit code that tells.
fn run_all(call: &mut Call) -> Result<()> {
    let class = call.called_class();
    SERVICE.set(Some(class));
    // Without /dev/null nothing is worse than before.
    let _ = occupy_standard_streams();
    for (step, argument) in STEPS {
        let mut arguments: Vec<Zval> = argument.map(value::long).into_iter().collect();
        if let Err(unwind) = php::call_static(class, step, &mut arguments) {
            let exception = exception::take();
            // exit() in a callback of the master, for one: nothing is to be left of the service.
            with_master(Master::finish);
            let Some(exception) = exception else {
                return Err(unwind);
            };
            log::exception(class, &exception)?;
            return exception::exit(FAILED);
        }
    }
    Ok(())
}

/// Where the files of the service are, after the script has had its say.
fn files(class: &ClassEntry) -> Files {
    Files::beside(text(class, "startFile"))
        .with_pid_file(path(class, "pidFile"))
        .with_status_file(path(class, "statisticsFile"))
        .with_log_file(path(class, "logFile"))
}

/// A static property that is a string.
fn text(class: &ClassEntry, property: &str) -> String {
    static_property(class, property)
        .string()
        .unwrap_or_default()
}

fn is_daemon(class: &ClassEntry) -> bool {
    static_property(class, "daemonize")
        .bool()
        .unwrap_or_default()
}

/// Whether this process is the master, as the script sees it.
pub(super) fn is_master(class: &ClassEntry) -> bool {
    static_property(class, "masterPid").long() == Some(i64::from(Pid::this().as_raw()))
}

fn echo(class: &ClassEntry, text: &str) -> Result<()> {
    php::call_static(class, "safeEcho", &mut [value::bytes(text)]).map(drop)
}

/// The step `name` is the one for this system.
fn forward(call: &Call, name: &str) -> Result<()> {
    php::call_static(call.called_class(), name, &mut []).map(drop)
}
