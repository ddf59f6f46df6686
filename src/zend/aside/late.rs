//! Properties whose values are made for whoever looks at them first: most connections come and go without anybody who does.
//!
//! Until then such a property has no value, and a mark says that it is to have one. The engine hands every look at a property without a value to the
//! handlers of the object, and these have the value made before they do anything else with it.

use std::{
    mem::ManuallyDrop,
    ptr::NonNull,
    slice,
    sync::{
        OnceLock,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
};

use ext_php_rs::{
    ffi::{IS_UNDEF, zend_object, zend_string, zval},
    types::Zval,
};

use crate::zend::{Object, Slot};

/// Marks a property that is to have a value. The engine has other bits for its own marks.
const DUE: u32 = 1 << 31;

/// A declared property of a class whose dynamic properties stand aside. All classes of such objects have it.
pub(crate) struct Late {
    name: &'static str,
    /// Must not run PHP.
    make: fn(&Object) -> Zval,
    /// How far behind the beginning of an object it is; 0 until one is put off.
    offset: AtomicUsize,
}

static KNOWN: OnceLock<&'static [&'static Late]> = OnceLock::new();

/// Has the handlers look after such properties.
pub(super) fn know(late: &'static [&'static Late]) {
    KNOWN.get_or_init(|| late);
}

fn known() -> &'static [&'static Late] {
    KNOWN.get().copied().unwrap_or_default()
}

impl Late {
    pub(crate) const fn new(name: &'static str, make: fn(&Object) -> Zval) -> Self {
        Self {
            name,
            make,
            offset: AtomicUsize::new(0),
        }
    }

    /// Leaves the property, which stands in `slot`, to be made for whoever looks at it first. Its slot must not hold what is counted.
    pub(crate) fn put_off(&self, object: &Object, slot: Slot) {
        self.offset.store(slot.offset(), Relaxed);
        // SAFETY: the object is alive, and has the slot.
        unsafe {
            let place = self.place(object.as_ptr());
            (*place).u1.type_info = IS_UNDEF;
            (*place).u2.next = DUE;
        }
    }

    /// Makes the property now, if that was left.
    pub(crate) fn settle(&self, object: &Object) {
        self.settle_as(object, || (self.make)(object));
    }

    /// Gives the property this value, if it has none yet.
    pub(crate) fn settle_as(&self, object: &Object, value: impl FnOnce() -> Zval) {
        // SAFETY: the object is alive.
        if unsafe { self.is_due(object.as_ptr()) } {
            let value = ManuallyDrop::new(value());
            // SAFETY: there is nothing in the slot, which takes the reference over.
            unsafe {
                let place = self.place(object.as_ptr());
                ((*place).value, (*place).u1) = (value.value, value.u1);
                (*place).u2.next = 0;
            }
        }
    }

    /// # Safety
    /// The object must be alive, and be of a class that has the property.
    unsafe fn is_due(&self, object: *mut zend_object) -> bool {
        let place = self.place(object);
        // SAFETY: the caller's promise; without an offset, it is not looked at.
        self.offset.load(Relaxed) != 0
            && unsafe { (*place).u1.type_info == IS_UNDEF && (*place).u2.next == DUE }
    }

    fn place(&self, object: *mut zend_object) -> *mut zval {
        object.wrapping_byte_add(self.offset.load(Relaxed)).cast()
    }

    #[cold]
    fn make(&self, object: *mut zend_object) {
        // The caller has a reference, which is not counted again.
        if let Some(object) = NonNull::new(object) {
            self.settle(&ManuallyDrop::new(Object(object)));
        }
    }
}

/// Makes the property that `name` names, if it was left.
///
/// # Safety
/// The object must be alive, and its dynamic properties stand aside; the string must be alive.
#[inline]
pub(super) unsafe fn settle(object: *mut zend_object, name: *mut zend_string) {
    for late in known() {
        // SAFETY: the caller's promise. A string has as many bytes as it says.
        unsafe {
            let is_it = (*name).len == late.name.len()
                && slice::from_raw_parts((*name).val.as_ptr().cast::<u8>(), (*name).len)
                    == late.name.as_bytes();
            if is_it && late.is_due(object) {
                late.make(object);
            }
        }
    }
}

/// Makes all properties that were left.
///
/// # Safety
/// As for [`settle`].
pub(super) unsafe fn settle_all(object: *mut zend_object) {
    for late in known() {
        // SAFETY: the caller's promise.
        if unsafe { late.is_due(object) } {
            late.make(object);
        }
    }
}
