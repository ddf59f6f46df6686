//! The log file and the terminal.

use std::{
    io::{Write, stdout},
    path::Path,
};

use ext_php_rs::{types::Zval, zend::ClassEntry};
use ouvrier_process::{Pid, daemon, log::Log, terminal};

use crate::{
    connection::to_bytes,
    zend::{
        Call, Object, Result, callback as php, exception, library, property::static_property, value,
    },
};

/// `Worker::log($msg, $decorated)`.
pub(super) fn log(call: &mut Call) -> Result<()> {
    let message = to_bytes(&call.value(0), "Worker::log")?;
    let message = message
        .zend_str()
        .map(|text| text.as_bytes().to_vec())
        .unwrap_or_default();
    let class = call.called_class();
    if !static_property(class, "daemonize")
        .bool()
        .unwrap_or_default()
    {
        let echoed = [message.as_slice(), b"\n"].concat();
        php::call_static(
            class,
            "safeEcho",
            &mut [value::bytes(echoed), value::boolean(call.bool_or(1, false))],
        )?;
    }
    append(class, &message)
}

/// Adds a line to the log file. A log that cannot be written is told on standard error and harms nobody.
fn append(class: &ClassEntry, message: &[u8]) -> Result<()> {
    let path = static_property(class, "logFile")
        .string()
        .unwrap_or_default();
    if path.is_empty() {
        return Ok(());
    }
    let max_size = static_property(class, "logFileMaxSize")
        .long()
        .and_then(|size| u64::try_from(size).ok());
    let log = Log::new(path.as_str(), max_size.filter(|&size| size > 0));
    let timestamp = library::timestamp();
    if let Err(error) = log.append(&timestamp, message) {
        let _ = writeln!(
            std::io::stderr(),
            "ouvrier: cannot write the log {path}: {error}"
        );
    }
    Ok(())
}

/// Logs a line through `static::log()`.
pub(crate) fn line(class: &ClassEntry, message: &str) -> Result<()> {
    php::call_static(class, "log", &mut [value::bytes(message)]).map(drop)
}

/// Logs an exception through `static::log()`.
pub(super) fn exception(class: &ClassEntry, exception: &Object) -> Result<()> {
    php::call_static(class, "log", &mut [exception.to_zval()]).map(drop)
}

/// `Worker::safeEcho($msg, $decorated)`.
pub(super) fn safe_echo(call: &mut Call) -> Result<()> {
    let class = call.called_class();
    let colors = call.bool_or(1, false) && terminal::has_colors(&stdout());
    let message = match std::str::from_utf8(&call.bytes(0)) {
        Ok(text) => terminal::decorate(text, colors).into_bytes(),
        Err(_) => call.bytes(0),
    };
    let stream = static_property(class, "outputStream");
    if stream.is_resource() {
        library::call(
            "fwrite",
            &mut [stream.shallow_clone(), value::bytes(message)],
        )?;
        return library::call("fflush", &mut [stream]).map(drop);
    }
    // Nobody can be told when standard output is gone.
    let mut output = stdout().lock();
    let _ = output.write_all(&message).and_then(|()| output.flush());
    Ok(())
}

/// `Worker::resetStd()`: in the background, standard output and standard error go to `$stdoutFile`.
pub(super) fn reset_std(call: &mut Call) -> Result<()> {
    let class = call.called_class();
    if !static_property(class, "daemonize")
        .bool()
        .unwrap_or_default()
    {
        return Ok(());
    }
    let path = static_property(class, "stdoutFile")
        .string()
        .unwrap_or_default();
    match daemon::redirect_output(Path::new(&path)) {
        Ok(()) => Ok(()),
        Err(error) => exception::throw_runtime(&format!("Can not open stdoutFile {path}: {error}")),
    }
}

/// `Workerman[start.php] text`.
pub(super) fn prefixed(class: &ClassEntry, text: &str) -> String {
    let start_file: Zval = static_property(class, "startFile");
    let start_file = start_file.string().unwrap_or_default();
    let name = Path::new(&start_file)
        .file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default();
    format!("Workerman[{name}] {text}")
}

/// The process that writes.
pub(super) fn pid() -> i64 {
    i64::from(Pid::this().as_raw())
}
