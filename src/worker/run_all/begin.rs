//! The steps around the command: where everything is, and that the service runs once.

use std::time::Duration;

use ext_php_rs::zend::ClassEntry;
use ouvrier_process::{
    daemon::{Daemonized, daemonize as go_to_background},
    files::Files,
    herald::{News, Waiting},
    pid_file::{PidFile, Recorded},
    start_lock::{LockError, StartLock},
};

use super::{FAILED, LAUNCH, UNLOCK, files, text};
use crate::{
    worker::{all_workers, listen, log, status},
    zend::{
        Call, Class, Result, array, callback as php, exception, library,
        statics::{set_static_property, with_static},
        value,
    },
};

pub(super) fn methods(class: Class) -> Class {
    class
        .method("checkSapiEnv", check_sapi_env)
        .method("initStdOut", log::init_std_out)
        .method("init", init)
        .method("lock", lock)
        .method("daemonize", daemonize)
        .method("saveMasterPid", save_master_pid)
        .method("setProcessTitle", set_process_title)
}

fn check_sapi_env(_: &mut Call) -> Result<()> {
    let sapi = library::sapi_name();
    if sapi == "cli" || sapi == "micro" {
        return Ok(());
    }
    exception::throw_runtime("Only run in command line mode: php start.php start")
}

fn init(call: &mut Call) -> Result<()> {
    let class = call.called_class();
    let now = library::unix_time();
    library::set_server("SERVER_SOFTWARE", value::bytes("Workerman/5.2.2"));
    library::set_server("SERVER_START_TIME", value::long(now));
    find_files(class);
    set_static_property(class, "status", value::long(status::STARTING));
    php::call_static(class, "initGlobalEvent", &mut [])?;
    with_static(class, "globalStatistics", |statistics| {
        array::replace_name(statistics, "start_timestamp", value::long(now))
    });
    let title = format!(
        "WorkerMan: master process  start_file={}",
        text(class, "startFile")
    );
    php::call_static(class, "setProcessTitle", &mut [value::bytes(title)])?;
    php::call_static(class, "initId", &mut []).map(drop)
}

/// Says where the files are, as far as the script has not.
fn find_files(class: &ClassEntry) {
    let settle = |property: &str, default: &str| {
        if text(class, property).is_empty() {
            set_static_property(class, property, value::bytes(default));
        }
    };
    let script = library::start_file().unwrap_or_else(|| "Standard input code".to_owned());
    settle("startFile", &script);
    let files = Files::beside(text(class, "startFile"));
    settle("pidFile", &files.pid_file.to_string_lossy());
    settle("statusFile", &files.status_file.to_string_lossy());
    settle("logFile", &files.log_file.to_string_lossy());
    let status_file = text(class, "statusFile");
    settle("statisticsFile", &status_file);
    settle("connectionsFile", &format!("{status_file}.connection"));
}

/// Two starts at the same moment: one wins.
fn lock(call: &mut Call) -> Result<()> {
    let class = call.called_class();
    if call.long_or(0, super::LOCK) == UNLOCK {
        if let Some(lock) = LAUNCH.with_borrow_mut(|launch| launch.lock.take()) {
            lock.release();
        }
        return Ok(());
    }
    match StartLock::acquire(files(class).lock_file()) {
        // The other start may have succeeded since the command was looked at.
        Ok(lock) if !is_running(class) => {
            LAUNCH.with_borrow_mut(|launch| launch.lock = Some(lock));
            Ok(())
        }
        Ok(_) | Err(LockError::Busy) => {
            log::line(class, &log::prefixed(class, "already running"))?;
            exception::exit(FAILED)
        }
        Err(error) => exception::throw_runtime(&error.to_string()),
    }
}

fn is_running(class: &ClassEntry) -> bool {
    let recorded = PidFile::new(files(class).pid_file).recorded();
    matches!(recorded, Recorded::Live(_))
}

fn daemonize(call: &mut Call) -> Result<()> {
    if !LAUNCH.with_borrow(|launch| launch.daemon) {
        return Ok(());
    }
    let class = call.called_class();
    match go_to_background() {
        Ok(Daemonized::Daemon(herald)) => {
            // From now on the log is silent on the terminal.
            set_static_property(class, "daemonize", value::boolean(true));
            LAUNCH.with_borrow_mut(|launch| launch.herald = Some(herald));
            Ok(())
        }
        Ok(Daemonized::Between) => exception::exit(0),
        Ok(Daemonized::Parent(waiting)) => wait_until_up(class, waiting),
        Err(error) => exception::throw_runtime(&format!("Can not go to the background: {error}")),
    }
}

/// How long `start -d` waits for the service.
const PATIENCE: Duration = Duration::from_secs(30);

/// The end of the command that has started a daemon.
fn wait_until_up(class: &ClassEntry, waiting: Waiting) -> Result<()> {
    listen::leave_to_the_master(&all_workers());
    let log_file = text(class, "logFile");
    let (text, code) = match waiting.wait(PATIENCE) {
        News::Up => return exception::exit(0),
        News::Failed(reason) => (
            format!("start failed: {reason}; it will be tried again, see {log_file}"),
            FAILED,
        ),
        News::Ended => (
            format!("start failed: the service has ended, see {log_file}"),
            FAILED,
        ),
        News::Nothing => (
            format!(
                "is still starting after {} s, see {log_file}",
                PATIENCE.as_secs()
            ),
            0,
        ),
    };
    log::line(class, &log::prefixed(class, &text))?;
    exception::exit(code)
}

fn save_master_pid(call: &mut Call) -> Result<()> {
    let class = call.called_class();
    set_static_property(class, "masterPid", value::long(log::pid()));
    let path = files(class).pid_file;
    match PidFile::new(path.clone()).write() {
        Ok(()) => Ok(()),
        Err(error) => {
            exception::throw_runtime(&format!("can not save pid to {}: {error}", path.display()))
        }
    }
}

fn set_process_title(call: &mut Call) -> Result<()> {
    library::call("cli_set_process_title", &mut [call.value(0)]).map(drop)
}
