//! Which methods of ours subclasses have put others in the place of. Looked up once for each class and method, so that asking costs next to nothing.

use std::cell::Cell;

use ext_php_rs::zend::ClassEntry;

use super::{Object, class::find_method, object::is_native};

/// Answers that are remembered.
const REMEMBERED: usize = 128;

/// Whether a method of a class is ours. A class is alive for as long as the request, and so is its address its own.
#[derive(Clone, Copy)]
struct Answer {
    class: *const ClassEntry,
    method: &'static str,
    is_native: bool,
}

thread_local! {
    static ANSWERS: [Cell<Option<Answer>>; REMEMBERED] = const { [const { Cell::new(None) }; REMEMBERED] };
}

impl Object {
    /// Whether the method `name` is ours, and not one that a subclass put in its place.
    pub(crate) fn has_native_method(&self, name: &'static str) -> bool {
        has_native_method(self.class(), name)
    }
}

/// As [`Object::has_native_method`], for a static method of a class.
pub(crate) fn has_native_method(class: &ClassEntry, method: &'static str) -> bool {
    let class = std::ptr::from_ref(class);
    let place = (class.addr() / 64 + method.as_ptr().addr()) % REMEMBERED;
    ANSWERS.with(|answers| {
        if let Some(known) = answers[place].get()
            && known.class == class
            && std::ptr::eq(known.method, method)
        {
            return known.is_native;
        }
        // SAFETY: the caller has a reference to the class.
        let is_native = find_method(unsafe { &*class }, method).is_some_and(is_native);
        answers[place].set(Some(Answer {
            class,
            method,
            is_native,
        }));
        is_native
    })
}

/// Forgets everything: the classes belong to the request that ends.
pub(crate) fn forget() {
    ANSWERS.with(|answers| answers.iter().for_each(|answer| answer.set(None)));
}
