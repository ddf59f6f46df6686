//! What a worker process says when it ends without having been told to: after `exit()`, or a fatal error.

use ext_php_rs::{types::Zval, zend::ClassEntry};

use super::{log, status};
use crate::zend::{
    Call, Class, Result, array, callback as php, library,
    statics::{class_constant, static_property},
    value,
};

/// The levels of errors that end a process: E_ERROR, E_PARSE, E_CORE_ERROR, E_COMPILE_ERROR, E_RECOVERABLE_ERROR.
const FATAL: i64 = 1 | 4 | 16 | 64 | 4096;

pub(super) fn methods(class: Class) -> Class {
    class
        .method("checkErrors", check_errors)
        .method("getErrorType", get_error_type)
}

/// Has `checkErrors()` called when the script of this process is over.
pub(super) fn announce_at_shutdown(class: &ClassEntry) -> Result<()> {
    let check = php::static_closure(class, "checkErrors");
    library::call("register_shutdown_function", &mut [check]).map(drop)
}

fn check_errors(call: &mut Call) -> Result<()> {
    let class = call.called_class();
    if static_property(class, "status").long() == Some(status::SHUTDOWN) {
        return Ok(());
    }
    let mut text = format!("Worker[{}] process terminated", log::pid());
    let error = library::call("error_get_last", &mut [])?;
    let level = array::get_name(&error, "type").and_then(|level| level.long());
    if let Some(level) = level.filter(|level| level & FATAL != 0) {
        let name = php::call_static(class, "getErrorType", &mut [value::long(level)])?;
        let part = |name: &str| {
            let part = array::get_name(&error, name).and_then(|part| part.coerce_to_string());
            part.unwrap_or_default()
        };
        text += &format!(
            " with ERROR: {} \"{} in {} on line {}\"",
            name.string().unwrap_or_default(),
            part("message"),
            part("file"),
            part("line"),
        );
    }
    log::line(class, &text)
}

fn get_error_type(call: &mut Call) -> Result<Zval> {
    let names = class_constant(super::class(), "ERROR_TYPE");
    let name = names.and_then(|names| array::get_name(&names, call.long_or(0, 0).to_string()));
    Ok(name.unwrap_or_else(|| value::bytes("")))
}
