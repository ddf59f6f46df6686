//! `parseCommand()`: obeys the command line.

use std::{
    fmt::Display,
    time::{Duration, Instant},
};

use ext_php_rs::{types::Zval, zend::ClassEntry};
use ouvrier_process::{
    Pid,
    command::{
        self, Action, Command,
        stop::{StopError, StopOptions},
    },
    files::Files,
    handover::Heir,
    log::Log,
    pid_file::{PidFile, Recorded},
    terminal,
};

use super::{FAILED, LAUNCH, echo, files, is_daemon, text};
use crate::{
    worker::{listen, log},
    zend::{
        Call, Class, Result, array, callback as php, exception, library,
        statics::{set_static_property, static_property},
        value,
    },
};

/// How often `status -d` shows the service.
const VIEW_INTERVAL: Duration = Duration::from_secs(1);

pub(super) fn methods(class: Class) -> Class {
    class
        .method("getArgv", get_argv)
        .method("parseCommand", parse_command)
        .method("checkMasterIsAlive", check_master_is_alive)
        .method("formatProcessStatusData", format_process_status)
        .method("formatConnectionStatusData", format_connection_status)
}

/// Obeys the commands that concern a service which runs; goes on when this one is to be started.
fn parse_command(call: &mut Call) -> Result<()> {
    let class = call.called_class();
    let Ok(command) = command::parse(arguments(class)?) else {
        let start_file = files(class).start_file_name();
        echo(class, &command::usage(&start_file))?;
        return exception::exit(0);
    };
    let files = files(class);
    match command.action {
        Action::Start => start(class, &files, command)?,
        Action::Restart => {
            stop(class, &files, command)?;
            start(class, &files, command)?;
        }
        Action::Stop => {
            stop(class, &files, command)?;
            return exception::exit(0);
        }
        Action::Reload => return reload(class, &files, command),
        Action::Status => return status(class, &files, command),
        Action::Connections => return connections(class, &files, command),
    }
    LAUNCH.with_borrow_mut(|launch| launch.command = Some(command));
    Ok(())
}

/// The words of the command line, those of `Worker::$command` after them.
fn get_argv(call: &mut Call) -> Result<Zval> {
    let given = library::global("argv").filter(Zval::is_array);
    let more = text(call.called_class(), "command");
    let more = more.split_whitespace().map(value::bytes);
    let given = given.as_ref().map(array::values).unwrap_or_default();
    Ok(array::list(given.into_iter().chain(more)))
}

fn arguments(class: &ClassEntry) -> Result<Vec<String>> {
    let words = php::call_static(class, "getArgv", &mut [])?;
    let words = array::values(&words).into_iter();
    Ok(words.filter_map(|word| word.string()).collect())
}

fn check_master_is_alive(call: &mut Call) -> Result<bool> {
    let pid = i32::try_from(call.long_or(0, 0)).unwrap_or_default();
    if pid <= 0 {
        return Ok(false);
    }
    let recorded = Recorded::of(Pid::from_raw(pid));
    if let Recorded::Dead(_) = recorded {
        let text = format!("Master pid:{pid} is not alive");
        log::line(call.called_class(), &text)?;
    }
    Ok(matches!(recorded, Recorded::Live(_)))
}

/// Whether the master of the pid file runs.
fn runs(class: &ClassEntry, files: &Files) -> Result<bool> {
    let pid = PidFile::new(files.pid_file.clone()).read();
    let pid = value::long(pid.map_or(0, Pid::as_raw));
    let alive = php::call_static(class, "checkMasterIsAlive", &mut [pid])?;
    Ok(alive.bool().unwrap_or_default())
}

fn start(class: &ClassEntry, files: &Files, command: Command) -> Result<()> {
    if let Err(error) = Log::new(files.log_file.clone(), None).create() {
        return exception::throw_runtime(&format!(
            "Can not write the log {}: {error}",
            files.log_file.display()
        ));
    }
    if runs(class, files)? {
        log::line(class, &log::prefixed(class, "already running"))?;
        return exception::exit(FAILED);
    }
    let daemon = command.daemonize || is_daemon(class);
    let mode = if daemon {
        "start in DAEMON mode"
    } else {
        "start in DEBUG mode"
    };
    log::line(class, &log::prefixed(class, mode))?;
    // Until it is in the background, the terminal shall see what goes wrong.
    set_static_property(class, "daemonize", value::boolean(false));
    LAUNCH.with_borrow_mut(|launch| launch.daemon = daemon);
    Ok(())
}

/// Stops what runs. That nothing runs is no failure.
fn stop(class: &ClassEntry, files: &Files, command: Command) -> Result<()> {
    let say = |text: &str| log::line(class, &log::prefixed(class, text));
    say(command.action.word())?;
    if !runs(class, files)? {
        return say("not run");
    }
    say(if command.graceful {
        "is gracefully stopping ..."
    } else {
        "is stopping ..."
    })?;
    let timeout = static_property(class, "stopTimeout").long().unwrap_or(2);
    let options = StopOptions {
        graceful: command.graceful,
        stop_timeout: Duration::from_secs(u64::try_from(timeout).unwrap_or_default()),
    };
    // Without an heir the service binds for itself.
    let heir = match command.action {
        Action::Restart => Heir::wait_at(files.handover_file()).ok(),
        _ => None,
    };
    match command::stop::stop(files, options) {
        Ok(stopped) => {
            if let Some(heir) = heir {
                listen::inherit(heir.receive(stopped.pid));
            }
            say("stop success")
        }
        Err(StopError::NotRunning) => say("not run"),
        Err(error) => {
            say(&format!("stop fail: {error}"))?;
            exception::exit(FAILED)
        }
    }
}

fn reload(class: &ClassEntry, files: &Files, command: Command) -> Result<()> {
    log::line(class, &log::prefixed(class, "reload"))?;
    match command::reload::reload(files, command.graceful) {
        Ok(_) => exception::exit(0),
        Err(error) => fail(class, &error),
    }
}

/// Shows the processes; with `-d` again and again, until it is interrupted.
fn status(class: &ClassEntry, files: &Files, command: Command) -> Result<()> {
    loop {
        let shown = if command.json {
            answer(command::status::status(files)).map(|status| value::bytes(status.json() + "\n"))
        } else {
            php::call_static(class, "formatProcessStatusData", &mut [])
        };
        let shown = obeyed(class, shown)?;
        if !command.daemonize {
            echo(class, &shown)?;
            return exception::exit(0);
        }
        echo(
            class,
            &format!("{CLEAR_SCREEN}{shown}\nPress Ctrl+C to quit.\n\n"),
        )?;
        std::thread::park_timeout(VIEW_INTERVAL);
    }
}

/// Puts the cursor into the upper left corner of an empty screen (ECMA-48).
const CLEAR_SCREEN: &str = "\x1b[H\x1b[2J";

fn format_process_status(call: &mut Call) -> Result<Zval> {
    let status = answer(command::status::status(&files(call.called_class())))?;
    let table = LAUNCH.with_borrow_mut(|launch| {
        launch.rates.update(&status, Instant::now());
        status.table(&launch.rates, terminal::width())
    });
    Ok(value::bytes(table))
}

fn connections(class: &ClassEntry, files: &Files, command: Command) -> Result<()> {
    let shown = if command.json {
        answer(command::connections::connections(files))
            .map(|list| value::bytes(list.json() + "\n"))
    } else {
        php::call_static(class, "formatConnectionStatusData", &mut [])
    };
    let shown = obeyed(class, shown)?;
    echo(class, &shown)?;
    exception::exit(0)
}

fn format_connection_status(call: &mut Call) -> Result<Zval> {
    let list = answer(command::connections::connections(&files(
        call.called_class(),
    )))?;
    Ok(value::bytes(list.table(terminal::width())))
}

/// The answer of a service, or a `RuntimeException` that says why there is none.
fn answer<T, E: Display>(answer: std::result::Result<T, E>) -> Result<T> {
    answer.or_else(|error| exception::throw_runtime(&error.to_string()))
}

/// What there is to be shown. Ends a command that has thrown instead.
fn obeyed(class: &ClassEntry, shown: Result<Zval>) -> Result<String> {
    match shown {
        Ok(shown) => Ok(shown.string().unwrap_or_default()),
        Err(unwind) => match exception::take() {
            Some(exception) => fail(class, &exception::message(&exception)).map(|()| String::new()),
            None => Err(unwind),
        },
    }
}

/// Ends a command that could not be obeyed.
fn fail(class: &ClassEntry, error: &dyn Display) -> Result<()> {
    log::line(class, &log::prefixed(class, &error.to_string()))?;
    exception::exit(FAILED)
}
