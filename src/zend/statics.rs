//! What belongs to a class and not to its objects: static properties and constants.

use std::sync::atomic::{AtomicPtr, AtomicU32, Ordering::Relaxed};

use ext_php_rs::{
    ffi::{zend_class_constant, zend_read_static_property, zval},
    types::Zval,
    zend::ClassEntry,
};

/// The value of a constant of `class`, inherited ones included.
pub(crate) fn class_constant(class: &ClassEntry, name: &str) -> Option<Zval> {
    let found = class.constants_table.get(name)?;
    // SAFETY: the table holds live constants.
    let constant = unsafe { found.ptr::<zend_class_constant>()?.as_ref()? };
    Some(constant.value.shallow_clone())
}

/// A copy of the static property `name` of `class`.
pub(crate) fn static_property(class: &ClassEntry, name: &str) -> Zval {
    with_static(class, name, |value| value.shallow_clone()).unwrap_or_else(Zval::null)
}

/// Gives a static property a value of its declared type.
pub(crate) fn set_static_property(class: &ClassEntry, name: &str, value: impl Into<Zval>) {
    let value = value.into();
    let old = with_static(class, name, |place| std::mem::replace(place, value));
    drop(old);
}

/// Looks at or changes a static property in place, whatever its visibility. `f` must not run PHP.
pub(crate) fn with_static<T>(
    class: &ClassEntry,
    name: &str,
    f: impl FnOnce(&mut Zval) -> T,
) -> Option<T> {
    // SAFETY: the value stays in place as long as no PHP runs.
    let value = unsafe { place_of(class, name)?.as_mut()? };
    Some(f(value.dereference_mut()))
}

/// Where the value of a static property is, or the reference that stands in its place.
fn place_of(class: &ClassEntry, name: &str) -> Option<*mut zval> {
    // SAFETY: the class is registered. Looking a property up needs its scope, which the function sees to.
    let place = unsafe {
        zend_read_static_property(
            std::ptr::from_ref(class).cast_mut(),
            name.as_ptr().cast(),
            name.len(),
            true,
        )
    };
    (!place.is_null()).then_some(place)
}

/// A static property whose place is looked up once in a request: that costs more than what is done with it.
pub(crate) struct StaticSlot {
    class: fn() -> &'static ClassEntry,
    name: &'static str,
    /// Where the value is, for as long as `request` is the one that runs.
    place: AtomicPtr<zval>,
    request: AtomicU32,
}

/// The number of the request. Static properties of our classes move when one ends and another begins.
static REQUEST: AtomicU32 = AtomicU32::new(1);

/// Forgets the places of static properties: the request ends.
pub(crate) fn forget_static_places() {
    REQUEST.fetch_add(1, Relaxed);
}

impl StaticSlot {
    /// The static property `name` that the class declares.
    pub(crate) const fn new(class: fn() -> &'static ClassEntry, name: &'static str) -> Self {
        Self {
            class,
            name,
            place: AtomicPtr::new(std::ptr::null_mut()),
            request: AtomicU32::new(0),
        }
    }

    /// Looks at or changes the value in place. `f` must not run PHP.
    pub(crate) fn with<T>(&self, f: impl FnOnce(&mut Zval) -> T) -> Option<T> {
        let request = REQUEST.load(Relaxed);
        if self.request.load(Relaxed) != request {
            self.place
                .store(place_of((self.class)(), self.name)?, Relaxed);
            self.request.store(request, Relaxed);
        }
        // SAFETY: the engine allots the static properties of a class once in a request, and keeps them in place.
        let value = unsafe { self.place.load(Relaxed).as_mut()? };
        Some(f(value.dereference_mut()))
    }

    /// A copy of the value.
    pub(crate) fn get(&self) -> Zval {
        self.with(|value| value.shallow_clone())
            .unwrap_or_else(Zval::null)
    }
}
