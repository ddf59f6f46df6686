//! A function of PHP's own that would be misled by what is ours.

use std::sync::OnceLock;

use ext_php_rs::{
    ffi::{ext_php_rs_compiler_globals, zend_execute_data, zend_function, zval},
    types::Zval,
};

use super::{
    argument::{self, Call},
    exception::Result,
};

type Handler = unsafe extern "C" fn(*mut zend_execute_data, *mut zval);

/// What PHP itself does; there is one interception.
static ORIGINAL: OnceLock<Handler> = OnceLock::new();

/// A function of PHP that is answered by us for what is ours, and left alone with everything else.
pub(crate) trait Interception {
    /// Its name.
    const NAME: &'static str;

    /// Whether a call is about something of ours. Looks at the arguments as they were given.
    fn concerns(call: &Call) -> bool;

    /// What the function does then.
    fn answer(call: &mut Call) -> Result<Zval>;
}

/// Puts `T` in front of the function of its name, if there is one. Only while the module starts, and once.
pub(crate) fn intercept<T: Interception>() {
    // SAFETY: the table of functions is the engine's own, and nothing runs while modules start.
    unsafe {
        let functions = (*ext_php_rs_compiler_globals()).function_table.as_ref();
        let found = functions.and_then(|functions| functions.get(T::NAME));
        let function = found.and_then(|value| value.ptr::<zend_function>()?.as_mut());
        let handler =
            function.and_then(|function| function.internal_function.handler.replace(enter::<T>));
        if let Some(handler) = handler {
            assert!(ORIGINAL.set(handler).is_ok(), "there is one interception");
        }
    }
}

unsafe extern "C" fn enter<T: Interception>(frame: *mut zend_execute_data, returned: *mut zval) {
    // SAFETY: the engine's pointers are valid during the call, for us as for the function behind.
    unsafe {
        if Call::of(frame).is_some_and(|call| T::concerns(&call)) {
            argument::enter(|call: &mut Call| T::answer(call), frame, returned);
        } else if let Some(original) = ORIGINAL.get() {
            original(frame, returned);
        }
    }
}
