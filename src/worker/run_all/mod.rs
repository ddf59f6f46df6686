//! `Worker::runAll()`: from the command line to the fork, as a list of steps that subclasses may override one by one.
//!
//! - [`command`]: the commands. [`banner`]: what the terminal shows at start. [`fork`]: the master, and what it tells the script.

mod banner;
mod command;
mod fork;

use std::cell::RefCell;

use ext_php_rs::zend::ClassEntry;
use ouvrier_process::{
    command::Command,
    daemon::{Daemonized, daemonize as go_to_background},
    files::Files,
    master::Master,
    pid_file::PidFile,
    start_lock::{LockError, StartLock},
    user,
};

use super::{SERVICE, all_workers, log, run, slots, status};
use crate::zend::{
    Call, Class, Result, array, callback as php, exception, library,
    property::{set_static_property, static_property, with_static},
    value,
};

/// The steps, in order. Each is a static method that is called on the class that `runAll()` was called on.
const STEPS: [&str; 11] = [
    "checkSapiEnv",
    "init",
    "parseCommand",
    "lock",
    "initWorkers",
    "daemonize",
    "installSignal",
    "saveMasterPid",
    "displayUI",
    "resetStd",
    "forkWorkers",
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
    master: Option<Master>,
}

thread_local! {
    static LAUNCH: RefCell<Launch> = RefCell::default();
}

/// Adds the methods of this file to the class.
pub(super) fn methods(class: Class) -> Class {
    class
        .method("runAll", run_all)
        .method("getUiColumns", banner::get_ui_columns)
        .method("checkSapiEnv", check_sapi_env)
        .method("init", init)
        .method("parseCommand", command::parse_command)
        .method("lock", lock)
        .method("daemonize", daemonize)
        .method("initWorkers", init_workers)
        .method("installSignal", fork::install_signal)
        .method("saveMasterPid", save_master_pid)
        .method("displayUI", banner::display_ui)
        .method("forkWorkers", fork::fork_workers)
}

/// What goes wrong before the fork is logged, and ends the script with an exit code that tells.
fn run_all(call: &mut Call) -> Result<()> {
    let class = call.called_class();
    SERVICE.set(Some(class));
    for step in STEPS {
        if let Err(unwind) = php::call_static(class, step, &mut []) {
            let Some(exception) = exception::take() else {
                return Err(unwind);
            };
            log::exception(class, &exception)?;
            return exception::exit(FAILED);
        }
    }
    Ok(())
}

fn check_sapi_env(_: &mut Call) -> Result<()> {
    let sapi = library::sapi_name();
    if sapi == "cli" || sapi == "micro" {
        return Ok(());
    }
    exception::throw_runtime("Only run in command line mode: php start.php start")
}

/// Finds out where everything is, unless the script has said so.
fn init(call: &mut Call) -> Result<()> {
    let class = call.called_class();
    let files =
        Files::beside(library::start_file().unwrap_or_else(|| "Standard input code".to_owned()));
    set_static_property(
        class,
        "startFile",
        value::bytes(files.start_file.to_string_lossy().as_bytes()),
    );
    for (property, path) in [
        ("pidFile", &files.pid_file),
        ("statusFile", &files.status_file),
        ("logFile", &files.log_file),
    ] {
        if static_property(class, property)
            .string()
            .unwrap_or_default()
            .is_empty()
        {
            set_static_property(
                class,
                property,
                value::bytes(path.to_string_lossy().as_bytes()),
            );
        }
    }
    php::call_static(class, "initGlobalEvent", &mut [])?;
    set_static_property(class, "status", value::long(status::STARTING));
    let now = value::long(library::unix_time());
    with_static(class, "globalStatistics", |statistics| {
        array::set_name(statistics, "start_timestamp", now)
    });
    Ok(())
}

/// Where the files of the service are, after the script has had its say.
fn files(class: &ClassEntry) -> Files {
    let text = |property: &str| {
        static_property(class, property)
            .string()
            .unwrap_or_default()
    };
    Files::beside(text("startFile"))
        .with_pid_file(text("pidFile"))
        .with_status_file(text("statusFile"))
        .with_log_file(text("logFile"))
}

fn is_daemon(class: &ClassEntry) -> bool {
    static_property(class, "daemonize")
        .bool()
        .unwrap_or_default()
}

fn echo(class: &ClassEntry, text: &str) -> Result<()> {
    php::call_static(class, "safeEcho", &mut [value::bytes(text)]).map(drop)
}

/// Two starts at the same moment: one wins.
fn lock(call: &mut Call) -> Result<()> {
    let class = call.called_class();
    match StartLock::acquire(files(class).lock_file()) {
        Ok(lock) => {
            LAUNCH.with_borrow_mut(|launch| launch.lock = Some(lock));
            Ok(())
        }
        Err(LockError::Busy) => {
            log::line(class, &log::prefixed(class, "already running"))?;
            exception::exit(FAILED)
        }
        Err(error) => exception::throw_runtime(&error.to_string()),
    }
}

fn daemonize(call: &mut Call) -> Result<()> {
    if !LAUNCH.with_borrow(|launch| launch.daemon) {
        return Ok(());
    }
    // From now on the log is silent on the terminal.
    set_static_property(call.called_class(), "daemonize", value::boolean(true));
    match go_to_background() {
        Ok(Daemonized::Daemon) => Ok(()),
        Ok(Daemonized::Parent) => exception::exit(0),
        Err(error) => exception::throw_runtime(&format!("Can not go to the background: {error}")),
    }
}

/// Binds what is bound once for all processes, while the terminal still listens.
fn init_workers(call: &mut Call) -> Result<()> {
    let class = call.called_class();
    let current = user::current();
    for worker in all_workers() {
        let slots = slots();
        if worker.bytes(slots.name).is_empty() {
            worker.set(slots.name, value::bytes("none"));
        }
        let wanted = worker.bytes(slots.user);
        if wanted.is_empty() {
            worker.set(slots.user, value::bytes(&current));
        } else if wanted != current.as_bytes() && !user::is_root() {
            log::line(
                class,
                "Warning: You must have the root privileges to change uid and gid.",
            )?;
        }
        worker.call("listen", &mut [value::boolean(false)])?;
    }
    Ok(())
}

fn save_master_pid(call: &mut Call) -> Result<()> {
    let class = call.called_class();
    set_static_property(class, "masterPid", value::long(log::pid()));
    let files = files(class);
    if let Err(error) = PidFile::new(files.pid_file.clone()).write() {
        return exception::throw_runtime(&format!(
            "can not save pid to {}: {error}",
            files.pid_file.display()
        ));
    }
    if let Some(lock) = LAUNCH.with_borrow_mut(|launch| launch.lock.take()) {
        lock.release();
    }
    run::set_title(&format!(
        "WorkerMan: master process  start_file={}",
        files.start_file.display()
    ))
}
