//! How PHP unwinds: exceptions, `exit()`, and fatal errors.

use std::ffi::CString;

use ext_php_rs::{ffi::_zend_bailout, zend::ClassEntry};

use super::{Object, engine};

/// Why a call into PHP, or a method of ours, did not return.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unwind {
    /// The engine holds an exception, or the marker of an `exit()`.
    Exception,
    /// A fatal error, `memory_limit` among them: nothing but the way out may run any more.
    Bailout,
}

/// The result of anything that may run PHP.
pub(crate) type Result<T> = std::result::Result<T, Unwind>;

/// Throws an exception of `class` with `message`.
pub(crate) fn throw<T>(class: &ClassEntry, message: &str) -> Result<T> {
    let message = CString::new(message.replace('\0', "")).unwrap_or_default();
    // SAFETY: the class is a registered throwable and the message is a C string; the engine copies it.
    unsafe {
        ext_php_rs::ffi::zend_throw_exception(
            std::ptr::from_ref(class).cast_mut(),
            message.as_ptr(),
            0,
        );
    }
    Err(Unwind::Exception)
}

/// Throws a `RuntimeException` with `message`.
pub(crate) fn throw_runtime<T>(message: &str) -> Result<T> {
    // SAFETY: SPL is always compiled in and has registered its classes before any script runs.
    throw(unsafe { &*engine::spl_ce_RuntimeException }, message)
}

/// Takes the pending exception out of the engine, so that PHP can run again. What is none stays pending and returns `None`: an `exit()`,
/// or the marker that unwinds a fiber which is destroyed.
pub(crate) fn take() -> Option<Object> {
    // SAFETY: a pending exception is a live object.
    unsafe {
        let pending = (*engine::executor()).exception;
        if pending.is_null()
            || engine::zend_is_unwind_exit(pending)
            || engine::zend_is_graceful_exit(pending)
        {
            return None;
        }
        let exception = Object::from_raw(pending)?;
        engine::zend_clear_exception();
        Some(exception)
    }
}

/// Throws an exception that was taken.
pub(crate) fn throw_again<T>(exception: &Object) -> Result<T> {
    let mut value = std::mem::ManuallyDrop::new(exception.to_zval());
    // SAFETY: the value is a throwable object; the engine takes over the reference.
    unsafe { ext_php_rs::ffi::zend_throw_exception_object(&raw mut *value) };
    Err(Unwind::Exception)
}

/// The message of an exception.
pub(crate) fn message(exception: &Object) -> String {
    let message = exception.named("message");
    message
        .and_then(|message| message.string())
        .unwrap_or_default()
}

/// Whether an exception or an `exit()` is pending.
pub(crate) fn pending() -> bool {
    // SAFETY: reads a field of the executor globals of this thread.
    unsafe { !(*engine::executor()).exception.is_null() }
}

/// Ends the script with `status`, as `exit()` does: shutdown functions and destructors run once everything has unwound.
pub(crate) fn exit<T>(status: i32) -> Result<T> {
    let pending = pending();
    // SAFETY: writes a field of the executor globals of this thread; no exception is pending when one is thrown.
    unsafe {
        (*engine::executor()).exit_status = status;
        if !pending {
            engine::zend_throw_unwind_exit();
        }
    }
    Err(Unwind::Exception)
}

/// Goes on with a bailout that was caught on the way.
pub(crate) fn bailout() -> ! {
    // SAFETY: called from the outermost frame of ours, which holds nothing that must be dropped.
    unsafe { _zend_bailout(c"ouvrier".as_ptr(), 0) }
}
