//! `parseCommand()`: obeys the command line.

use std::time::{Duration, Instant};

use ext_php_rs::{types::Zval, zend::ClassEntry};
use ouvrier_process::{
    command::{
        self, Action, Command,
        status::Rates,
        stop::{StopError, StopOptions},
    },
    files::Files,
    log::Log,
    pid_file::{PidFile, Recorded},
    terminal,
};

use super::{FAILED, LAUNCH, echo, files, is_daemon};
use crate::{
    worker::log,
    zend::{
        Call, Result, array, exception, library,
        property::{set_static_property, static_property},
        value,
    },
};

/// How often `status -d` shows the service.
const VIEW_INTERVAL: Duration = Duration::from_secs(1);

/// Obeys the commands that concern a service which runs; goes on when this one is to be started.
pub(super) fn parse_command(call: &mut Call) -> Result<()> {
    let class = call.called_class();
    let Ok(command) = command::parse(arguments(class)) else {
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
fn arguments(class: &ClassEntry) -> Vec<String> {
    let given = library::global("argv").unwrap_or_else(Zval::null);
    let more = static_property(class, "command")
        .string()
        .unwrap_or_default();
    let given = array::values(&given)
        .into_iter()
        .filter_map(|argument| argument.string());
    given
        .chain(more.split_whitespace().map(str::to_owned))
        .collect()
}

fn start(class: &ClassEntry, files: &Files, command: Command) -> Result<()> {
    if let Err(error) = Log::new(files.log_file.clone(), None).create() {
        return exception::throw_runtime(&format!(
            "Can not write the log {}: {error}",
            files.log_file.display()
        ));
    }
    if let Recorded::Live(_) = PidFile::new(files.pid_file.clone()).recorded() {
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
    if !matches!(
        PidFile::new(files.pid_file.clone()).recorded(),
        Recorded::Live(_)
    ) {
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
    match command::stop::stop(files, options) {
        Ok(_) => say("stop success"),
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
    let mut rates = Rates::default();
    loop {
        let status = match command::status::status(files) {
            Ok(status) => status,
            Err(error) => return fail(class, &error),
        };
        if command.json {
            echo(class, &(status.json() + "\n"))?;
        } else {
            rates.update(&status, Instant::now());
            let table = status.table(&rates, terminal::width());
            let clear = if command.daemonize { CLEAR_SCREEN } else { "" };
            echo(class, &format!("{clear}{table}"))?;
        }
        if !command.daemonize {
            return exception::exit(0);
        }
        std::thread::park_timeout(VIEW_INTERVAL);
    }
}

/// Puts the cursor into the upper left corner of an empty screen (ECMA-48).
const CLEAR_SCREEN: &str = "\x1b[H\x1b[2J";

fn connections(class: &ClassEntry, files: &Files, command: Command) -> Result<()> {
    let list = match command::connections::connections(files) {
        Ok(list) => list,
        Err(error) => return fail(class, &error),
    };
    let text = if command.json {
        list.json() + "\n"
    } else {
        list.table(terminal::width())
    };
    echo(class, &text)?;
    exception::exit(0)
}

/// Ends a command that could not be obeyed.
fn fail(class: &ClassEntry, error: &dyn std::fmt::Display) -> Result<()> {
    log::line(class, &log::prefixed(class, &error.to_string()))?;
    exception::exit(FAILED)
}
