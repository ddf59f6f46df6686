//! Which methods of ours subclasses have put others in the place of. Looked up once for each class, so that asking costs next to nothing.

use std::cell::Cell;

use ext_php_rs::zend::ClassEntry;

use super::{Object, class::find_method, object::is_native};

/// Answers that are remembered.
const REMEMBERED: usize = 128;

/// Whether methods of a class are ours. A class is alive for as long as the request, and so is its address its own.
#[derive(Clone, Copy)]
struct Answer {
    class: *const ClassEntry,
    question: Question,
    is_native: bool,
}

/// The place and the length of the name, or of the list of names, that was asked for.
type Question = (usize, usize);

thread_local! {
    static ANSWERS: [Cell<Option<Answer>>; REMEMBERED] = const { [const { Cell::new(None) }; REMEMBERED] };
}

impl Object {
    /// Whether the method `name` is ours, and not one that a subclass put in its place.
    pub(crate) fn has_native_method(&self, name: &'static str) -> bool {
        has_native_method(self.class(), name)
    }

    /// As [`Object::has_native_method`], for all of `names`.
    pub(crate) fn has_native_methods(&self, names: &'static [&'static str]) -> bool {
        let class = self.class();
        if is_ours(class) {
            return true;
        }
        let question = (names.as_ptr().addr(), names.len());
        remembered(class, question, || {
            names.iter().all(|name| is_found_native(class, name))
        })
    }
}

/// As [`Object::has_native_method`], for a static method of a class.
pub(crate) fn has_native_method(class: &ClassEntry, name: &'static str) -> bool {
    // A class of ours has no methods but ours.
    if is_ours(class) {
        return true;
    }
    let question = (name.as_ptr().addr(), name.len());
    remembered(class, question, || is_found_native(class, name))
}

/// Whether a class is compiled and not written in PHP.
fn is_ours(class: &ClassEntry) -> bool {
    /// `ZEND_INTERNAL_CLASS`.
    const COMPILED: i8 = 1;
    class.type_ == COMPILED
}

fn is_found_native(class: &ClassEntry, name: &str) -> bool {
    find_method(class, name).is_some_and(is_native)
}

#[inline(never)]
fn remembered(class: &ClassEntry, question: Question, find: impl FnOnce() -> bool) -> bool {
    let class = std::ptr::from_ref(class);
    let place = (class.addr() / 64 + question.0) % REMEMBERED;
    ANSWERS.with(|answers| {
        if let Some(known) = answers[place].get()
            && known.class == class
            && known.question == question
        {
            return known.is_native;
        }
        let is_native = find();
        answers[place].set(Some(Answer {
            class,
            question,
            is_native,
        }));
        is_native
    })
}

/// Forgets everything: the classes belong to the request that ends.
pub(crate) fn forget() {
    ANSWERS.with(|answers| answers.iter().for_each(|answer| answer.set(None)));
}
