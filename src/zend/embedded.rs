//! Classes of the extension that are written in PHP.
//!
//! Each is compiled when somebody names it for the first time. The engine comes here before it asks the autoloaders of the script, so that
//! a class is the extension's, whatever else is installed.

use std::{ffi::CStr, ptr::null_mut, sync::OnceLock};

use ext_php_rs::{
    ffi::{ext_php_rs_compiler_globals, zend_class_entry, zend_string},
    types::ZendStr,
};

use super::engine::{self, Autoload};

/// A class in PHP.
pub(crate) struct Embedded {
    pub(crate) name: &'static str,
    /// What messages call the file.
    pub(crate) file: &'static CStr,
    /// What the file holds. Code behind the class runs when the class is there.
    pub(crate) source: &'static str,
}

static CLASSES: OnceLock<Vec<&'static Embedded>> = OnceLock::new();
/// Who is asked for all other classes.
static NEXT: OnceLock<Option<Autoload>> = OnceLock::new();

/// Makes `classes` known. Only while the module starts, and once.
pub(crate) fn register(classes: impl IntoIterator<Item = &'static Embedded>) {
    // SAFETY: nothing looks classes up in another thread while modules start.
    let next = unsafe { (&raw mut engine::zend_autoload).replace(Some(load)) };
    assert!(
        CLASSES.set(classes.into_iter().collect()).is_ok() && NEXT.set(next).is_ok(),
        "classes are registered once"
    );
}

/// What the engine calls for a class that is not there yet. `lower` is its name in lower case. Returns null when there is none.
///
/// Nothing here needs to be dropped: a fatal error leaves by `longjmp`.
unsafe extern "C" fn load(
    name: *mut zend_string,
    lower: *mut zend_string,
) -> *mut zend_class_entry {
    // SAFETY: the engine's strings are alive during the call.
    let wanted = unsafe { (*lower.cast::<ZendStr>()).as_bytes() };
    let known = CLASSES.get().and_then(|classes| {
        classes
            .iter()
            .copied()
            .find(|class| wanted.eq_ignore_ascii_case(class.name.as_bytes()))
    });
    match (known, NEXT.get().copied().flatten()) {
        (Some(class), _) => compile(class),
        // SAFETY: passes on what the engine asked.
        (None, Some(next)) => unsafe { next(name, lower) },
        (None, None) => null_mut(),
    }
}

fn compile(class: &Embedded) -> *mut zend_class_entry {
    let code = class.source.trim_start_matches("<?php");
    // SAFETY: code and name are valid for their lengths; the engine copies them. The table of classes is the engine's own.
    unsafe {
        engine::zend_eval_stringl(
            code.as_ptr().cast(),
            code.len(),
            null_mut(),
            class.file.as_ptr(),
        );
        let classes = (*ext_php_rs_compiler_globals()).class_table.as_ref();
        classes
            .and_then(|classes| classes.get(class.name.to_ascii_lowercase().as_str()))
            .and_then(|found| found.ptr::<zend_class_entry>())
            .unwrap_or(null_mut())
    }
}
