//! What is used of PHP's own functions. What matters is called in C: `disable_functions` may have removed a function from the table by name.

use std::{
    ffi::{CStr, CString, c_char},
    mem::ManuallyDrop,
    time::SystemTime,
};

use ext_php_rs::{ffi::php_default_treat_data, types::Zval, zend::ClassEntry};

use super::{
    Object, array, callback, engine,
    exception::{self, Result, Unwind},
    value,
};

/// Calls the PHP function `name`; null when it does not exist. For what may be missing without harm.
pub(crate) fn call(name: &str, arguments: &mut [Zval]) -> Result<Zval> {
    let name = value::bytes(name);
    if callback::is_callable(&name) {
        callback::call(&name, arguments)
    } else {
        Ok(Zval::null())
    }
}

/// `echo $object`.
pub(crate) fn echo(object: &Object) -> Result<()> {
    let text = object.call("__toString", &mut [])?;
    let bytes = text
        .zend_str()
        .map(|text| text.as_bytes())
        .unwrap_or_default();
    // SAFETY: the text is alive and as long as it says.
    unsafe { ext_php_rs::ffi::php_output_write(bytes.as_ptr().cast(), bytes.len()) };
    Ok(())
}

/// The time in PHP's time zone, as `date('Y-m-d H:i:s')`.
pub(crate) fn timestamp() -> String {
    format_date(c"Y-m-d H:i:s", unix_time(), true)
}

/// A time in seconds since 1970 as HTTP has it (RFC 9110 section 5.6.7).
pub(crate) fn http_date(time: i64) -> String {
    format_date(c"D, d M Y H:i:s \\G\\M\\T", time, false)
}

fn format_date(format: &CStr, time: i64, local: bool) -> String {
    // SAFETY: the format is a C string; the result is a new string, of which the value takes over the reference.
    let text = unsafe {
        let mut value = Zval::new();
        value.value.str_ =
            engine::php_format_date(format.as_ptr(), format.count_bytes(), time, local);
        value.u1.type_info = ext_php_rs::ffi::IS_STRING_EX;
        value
    };
    text.string().unwrap_or_default()
}

/// Seconds since 1970.
pub(crate) fn unix_time() -> i64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    since.map_or(0, |since| {
        i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
    })
}

/// The name of the interface that PHP runs under, such as `cli`.
pub(crate) fn sapi_name() -> String {
    // SAFETY: the module of the interface is a constant structure with a C string for a name.
    unsafe {
        let name = (*ext_php_rs::ffi::ext_php_rs_sapi_module()).name;
        CStr::from_ptr(name).to_string_lossy().into_owned()
    }
}

/// The file of the outermost code that is running: the script that PHP was started with.
pub(crate) fn start_file() -> Option<String> {
    let mut file = None;
    // SAFETY: walks the live frames from the innermost; code written in PHP has a file.
    unsafe {
        let mut frame = (*engine::executor()).current_execute_data;
        while let Some(current) = frame.as_ref() {
            if let Some(function) = current.func.as_ref()
                && u32::from(function.type_) & 1 == 0
                && let Some(name) = function.op_array.filename.as_ref()
            {
                file = Some(String::from_utf8_lossy(name.as_bytes()).into_owned());
            }
            frame = current.prev_execute_data;
        }
    }
    file
}

/// `json_encode($value, JSON_UNESCAPED_UNICODE)`; an empty string for what JSON cannot hold.
pub(crate) fn json_encode(value: &Zval) -> Result<Zval> {
    const JSON_UNESCAPED_UNICODE: i32 = 256;
    let mut buffer = engine::SmartString {
        text: std::ptr::null_mut(),
        allocated: 0,
    };
    let mut copy = value.shallow_clone();
    // SAFETY: the buffer starts empty; what it grew to is a string whose reference the value takes over. Its end is set before it is read.
    let text = unsafe {
        engine::php_json_encode(&raw mut buffer, &raw mut copy, JSON_UNESCAPED_UNICODE);
        let mut text = Zval::new();
        if !buffer.text.is_null() {
            text.value.str_ = buffer.text;
            text.u1.type_info = ext_php_rs::ffi::IS_STRING_EX;
        }
        text
    };
    if exception::pending() {
        return Err(Unwind::Exception);
    }
    Ok(value::bytes(
        text.zend_str()
            .map(|text| text.as_bytes())
            .unwrap_or_default(),
    ))
}

/// `json_decode($text, true)`.
pub(crate) fn json_decode(text: &[u8]) -> Zval {
    const JSON_OBJECT_AS_ARRAY: i64 = 1;
    const DEPTH: i64 = 512;
    let mut value = Zval::null();
    // The scanner knows the end of the text by the zero byte behind it, which PHP's strings have.
    let text = value::bytes(text);
    let bytes = text
        .zend_str()
        .map(|text| text.as_bytes())
        .unwrap_or_default();
    // SAFETY: the text is followed by a zero byte; the result is a place of our own.
    unsafe {
        engine::php_json_decode_ex(
            &raw mut value,
            bytes.as_ptr().cast(),
            bytes.len(),
            JSON_OBJECT_AS_ARRAY,
            DEPTH,
        );
    }
    value
}

/// `memory_get_usage(true)`: bytes that PHP has taken from the system.
pub(crate) fn memory_usage() -> u64 {
    // SAFETY: reads two numbers of the memory manager of this thread.
    unsafe { engine::zend_memory_usage(true) as u64 }
}

/// The class `name`, which may have to be loaded.
///
/// # Errors
/// An `Error` in PHP's words when there is none, or what loading it threw.
pub(crate) fn class(name: &str) -> Result<&'static ClassEntry> {
    let class = ClassEntry::try_find(name);
    if exception::pending() {
        return Err(Unwind::Exception);
    }
    class.map_or_else(
        || {
            let message = format!("Class \"{name}\" not found");
            exception::throw(ext_php_rs::zend::ce::error(), &message)
        },
        Ok,
    )
}

/// An integer setting of php.ini.
pub(crate) fn ini_long(name: &str) -> i64 {
    // SAFETY: looks the entry up by name; 0 when there is none.
    unsafe { engine::zend_ini_long(name.as_ptr().cast(), name.len(), 0) }
}

/// A setting of php.ini as text; empty when there is none.
pub(crate) fn ini_string(name: &str) -> Vec<u8> {
    // SAFETY: looks the entry up by name; what it returns is null or a C string that is copied at once.
    unsafe { copy(engine::zend_ini_string(name.as_ptr().cast(), name.len(), 0)) }
}

/// `sys_get_temp_dir()`.
pub(crate) fn temporary_folder() -> Vec<u8> {
    // SAFETY: returns null or a C string that lives as long as the process.
    unsafe { copy(engine::php_get_temporary_directory()) }
}

/// # Safety
/// The text must be null or a C string.
unsafe fn copy(text: *const c_char) -> Vec<u8> {
    if text.is_null() {
        return Vec::new();
    }
    // SAFETY: the caller's promise.
    unsafe { CStr::from_ptr(text) }.to_bytes().to_vec()
}

/// `random_bytes()`.
///
/// # Errors
/// An exception when the system has none.
pub(crate) fn random_bytes<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    // SAFETY: the place has room for so many bytes.
    if unsafe { engine::php_random_bytes(bytes.as_mut_ptr().cast(), N, true) } == 0 {
        Ok(bytes)
    } else {
        Err(Unwind::Exception)
    }
}

/// Puts a variable of a form into `array`, by PHP's rules for names: `a[b][]` makes arrays, `a.b` is `a_b`.
pub(crate) fn register_variable(array: &mut Zval, name: &[u8], value: Zval) {
    let end = name.iter().position(|&byte| byte == 0);
    let name = CString::new(&name[..end.unwrap_or(name.len())]).unwrap_or_default();
    array::own(array);
    let mut value = ManuallyDrop::new(value);
    // SAFETY: the name is a C string, the table nobody else's; the function takes over the reference to the value.
    unsafe { engine::php_register_variable_ex(name.as_ptr(), &raw mut *value, array) };
}

/// `parse_str($text)`: an array, with PHP's rules for names and its `max_input_vars`.
pub(crate) fn parse_str(text: &[u8]) -> Zval {
    const PARSE_STRING: i32 = 3;
    let mut array = Zval::new_array();
    let copy = value::bytes(text);
    // SAFETY: the function, which an extension such as mbstring may have replaced, frees the string, so it gets one of its own, allocated by PHP and
    // ended by a zero byte.
    unsafe {
        let text = copy
            .zend_str()
            .map_or(std::ptr::null(), |text| text.as_bytes().as_ptr());
        let duplicate = ext_php_rs::ffi::_estrdup(text.cast());
        let treat = (*ext_php_rs::ffi::ext_php_rs_sapi_module()).treat_data;
        treat.unwrap_or(php_default_treat_data)(PARSE_STRING, duplicate, &raw mut array);
    }
    array
}

/// The function that a file of `php/` returns. Such a file holds one `return` statement, with names in full.
///
/// These are the few things that are better said in PHP, such as closures that users find in properties. They are compiled when they are needed.
pub(crate) fn embedded(name: &CStr, source: &str) -> Result<Zval> {
    let expression = source
        .trim()
        .trim_start_matches("<?php")
        .trim()
        .trim_start_matches("return")
        .trim_end_matches(';');
    let expression = CString::new(expression).unwrap_or_default();
    let mut function = Zval::null();
    // SAFETY: the code and its name are C strings; the result is a place of our own.
    unsafe {
        ext_php_rs::ffi::zend_eval_string(expression.as_ptr(), &raw mut function, name.as_ptr())
    };
    if exception::pending() {
        Err(Unwind::Exception)
    } else {
        Ok(function)
    }
}

/// `$_SERVER[$name] = $value`.
pub(crate) fn set_server(name: &str, value: Zval) {
    let mut key = ext_php_rs::types::ZendStr::new("_SERVER", false);
    // SAFETY: has the engine fill the variable, as code that names it does; the table of globals lives as long as the request.
    unsafe {
        ext_php_rs::ffi::zend_is_auto_global(key.as_mut_ptr());
        let table = &raw mut (*engine::executor()).symbol_table;
        if let Some(server) = (*table).get("_SERVER") {
            let server = std::ptr::from_ref(server).cast_mut();
            let old = array::replace_name((*server).dereference_mut(), name, value);
            drop(old);
        }
    }
}

/// A global variable of the script.
pub(crate) fn global(name: &str) -> Option<Zval> {
    // SAFETY: the table of global variables lives as long as the request; compiled variables stand there behind a pointer.
    unsafe {
        let found = (*engine::executor()).symbol_table.get(name)?;
        Some(
            found
                .indirect()
                .unwrap_or(found)
                .dereference()
                .shallow_clone(),
        )
    }
}
