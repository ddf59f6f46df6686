//! The log file and the terminal.

use std::{
    cell::Cell,
    io::{IsTerminal, Write, stdout},
    path::Path,
};

use ext_php_rs::{types::Zval, zend::ClassEntry};
use ouvrier_process::{Pid, daemon, log::Log, terminal};

use super::path;
use crate::{
    connection::to_bytes,
    zend::{
        Call, Object, Result, callback as php, exception, library,
        statics::{set_static_property, static_property, with_static},
        stream::Stream,
        value,
    },
};

/// `Worker::log($msg, $decorated)`.
pub(super) fn log(call: &mut Call) -> Result<()> {
    let message = to_bytes(&call.value(0), "Worker::log")?;
    let message = message
        .zend_str()
        .map(|text| text.as_bytes().trim_ascii().to_vec())
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
    let path = path(class, "logFile");
    if path.as_os_str().is_empty() {
        return Ok(());
    }
    let max_size = static_property(class, "logFileMaxSize")
        .long()
        .and_then(|size| u64::try_from(size).ok());
    let log = Log::new(path.clone(), max_size.filter(|&size| size > 0));
    let timestamp = library::timestamp();
    if let Err(error) = log.append(&timestamp, message) {
        let _ = writeln!(
            std::io::stderr(),
            "ouvrier: cannot write the log {}: {error}",
            path.display()
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

thread_local! {
    /// The number of PHP's stream for standard output, which is written past.
    static STANDARD_OUTPUT: Cell<Option<u64>> = const { Cell::new(None) };
}

/// `Worker::initStdOut()`: `$outputStream` is standard output unless the script has another, and `$outputDecorated` whether it takes
/// colours.
pub(super) fn init_std_out(call: &mut Call) -> Result<()> {
    let class = call.called_class();
    let given = static_property(class, "outputStream");
    if given.is_null() {
        use_standard_output(class)?;
    } else if Stream::of(&given).is_none() {
        use_standard_output(class)?;
        let kind = library::call("get_debug_type", &mut [given])?;
        return exception::throw_runtime(&format!(
            "The $outputStream must to be a stream, {} given",
            kind.string().unwrap_or_default()
        ));
    }
    let stream = static_property(class, "outputStream");
    let is_terminal = if is_standard_output(&stream) {
        stdout().is_terminal()
    } else {
        library::call("stream_isatty", &mut [stream])?.is_true()
    };
    let colors = value::boolean(terminal::has_colors(is_terminal));
    with_static(class, "outputDecorated", |place| {
        if place.bool().is_none() {
            *place = colors;
        }
    });
    Ok(())
}

fn use_standard_output(class: &ClassEntry) -> Result<()> {
    let open = library::embedded(
        c"Worker::initStdOut",
        include_str!("../../php/standard-output.php"),
    )?;
    let stream = php::call(&open, &mut [])?;
    STANDARD_OUTPUT.set(Stream::number_of(&stream));
    set_static_property(class, "outputStream", stream);
    Ok(())
}

fn is_standard_output(stream: &Zval) -> bool {
    Stream::number_of(stream).is_some_and(|number| STANDARD_OUTPUT.get() == Some(number))
}

/// `Worker::safeEcho($msg, $decorated)`. Nobody can be told when the output is gone.
pub(super) fn safe_echo(call: &mut Call) -> Result<()> {
    let class = call.called_class();
    let decorated = static_property(class, "outputDecorated").is_true();
    let colors = call.bool_or(1, false) && decorated;
    let message = match std::str::from_utf8(&call.bytes(0)) {
        Ok(text) => terminal::decorate(text, colors).into_bytes(),
        Err(_) => call.bytes(0),
    };
    let stream = static_property(class, "outputStream");
    if Stream::of(&stream).is_some() && !is_standard_output(&stream) {
        library::call(
            "fwrite",
            &mut [stream.shallow_clone(), value::bytes(message)],
        )?;
        return library::call("fflush", &mut [stream]).map(drop);
    }
    let mut output = stdout().lock();
    let _ = output.write_all(&message).and_then(|()| output.flush());
    Ok(())
}

/// Prints an exception that ends nothing.
pub(crate) fn echo(exception: &Object) -> Result<()> {
    let text = exception.call("__toString", &mut [])?;
    php::call_static(super::service(), "safeEcho", &mut [text]).map(drop)
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
    let path = path(class, "stdoutFile");
    match daemon::redirect_output(&path) {
        Ok(()) => use_standard_output(class),
        Err(error) => exception::throw_runtime(&format!(
            "Can not open stdoutFile {}: {error}",
            path.display()
        )),
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
