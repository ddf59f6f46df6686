//! The handlers themselves: what the engine asks of an object whose dynamic properties stand aside.

use std::{
    ffi::{c_int, c_void},
    ptr::{self, null_mut},
};

use ext_php_rs::{
    ffi::{
        HashTable, ZEND_ACC_CHANGED, ZEND_ACC_PRIVATE, ZEND_ACC_STATIC, zend_class_entry,
        zend_hash_find, zend_object, zend_property_info, zend_std_compare_objects,
        zend_std_get_properties, zend_std_get_property_ptr_ptr, zend_std_has_property,
        zend_std_read_property, zend_std_unset_property, zend_std_write_property, zend_string,
        zval,
    },
    types::Zval,
};

use super::{aside, find, front, late, lend, lend_to_add, unfold};

/// `BP_VAR_R` and `BP_VAR_RW`: a property that is not there is worth a warning.
const TO_READ: [c_int; 2] = [0, 2];

/// Where an opcode keeps what was found out about a property: its class, its place and its description.
type Cache = *mut *mut c_void;

/// Who is to deal with a property.
enum Way {
    /// PHP's handlers, with this cache.
    Standard(Cache),
    /// It is dynamic, and such ones stand aside.
    Aside,
}

/// # Safety
/// The object has these handlers, and the rest is what the engine hands to them.
unsafe fn way(object: *mut zend_object, name: *mut zend_string, cache: Cache) -> Way {
    // SAFETY: the caller's promise; classes and their tables outlive their objects.
    unsafe {
        late::settle(object, name);
        let class = (*object).ce;
        let is_known = !cache.is_null() && ptr::eq(*cache, class.cast());
        if is_known || has_magic(&*class) {
            return Way::Standard(cache);
        }
        let declared = zend_hash_find(&raw const (*class).properties_info, name);
        if declared.is_null() {
            return if (*object).properties.is_null() {
                Way::Aside
            } else {
                Way::Standard(null_mut())
            };
        }
        let info: *const zend_property_info = (*declared).value.ptr.cast();
        let flags = (*info).flags;
        let is_own = flags & ZEND_ACC_PRIVATE == 0 || ptr::eq((*info).ce, class);
        if flags & (ZEND_ACC_STATIC | ZEND_ACC_CHANGED) == 0 && is_own {
            return Way::Standard(cache);
        }
        // Who asks decides whether it is a dynamic one.
        unfold(object);
        Way::Standard(null_mut())
    }
}

/// Whether a class has a say in properties that are not there. That it has guards does not tell: the engine may give them to every class.
const fn has_magic(class: &zend_class_entry) -> bool {
    !(class.__get.is_null()
        && class.__set.is_null()
        && class.__isset.is_null()
        && class.__unset.is_null())
}

pub(super) unsafe extern "C" fn read(
    object: *mut zend_object,
    name: *mut zend_string,
    kind: c_int,
    cache: Cache,
    buffer: *mut zval,
) -> *mut zval {
    // SAFETY: the engine's arguments are passed on.
    unsafe {
        let cache = match way(object, name, cache) {
            Way::Standard(cache) => cache,
            Way::Aside => {
                let found = find(object, name);
                if !found.is_null() {
                    return found;
                }
                null_mut()
            }
        };
        zend_std_read_property(object, name, kind, cache, buffer)
    }
}

pub(super) unsafe extern "C" fn write(
    object: *mut zend_object,
    name: *mut zend_string,
    value: *mut zval,
    cache: Cache,
) -> *mut zval {
    // SAFETY: the engine's arguments are passed on; it never hands a reference over.
    unsafe {
        let cache = match way(object, name, cache) {
            Way::Standard(cache) => cache,
            Way::Aside => {
                let found = find(object, name);
                if found.is_null() {
                    let add = || zend_std_write_property(object, name, value, null_mut());
                    return lend_to_add(object, name, add);
                }
                if !(*found).is_reference() {
                    drop(exchange(found, &*value));
                    return found;
                }
                // A reference may have a type, and converting may run PHP.
                unfold(object);
                null_mut()
            }
        };
        zend_std_write_property(object, name, value, cache)
    }
}

pub(super) unsafe extern "C" fn has(
    object: *mut zend_object,
    name: *mut zend_string,
    kind: c_int,
    cache: Cache,
) -> c_int {
    // SAFETY: the engine's arguments are passed on.
    unsafe {
        match way(object, name, cache) {
            Way::Aside if !find(object, name).is_null() => lend(object, || {
                zend_std_has_property(object, name, kind, null_mut())
            }),
            Way::Aside => zend_std_has_property(object, name, kind, null_mut()),
            Way::Standard(cache) => zend_std_has_property(object, name, kind, cache),
        }
    }
}

pub(super) unsafe extern "C" fn unset(
    object: *mut zend_object,
    name: *mut zend_string,
    cache: Cache,
) {
    // SAFETY: the engine's arguments are passed on. What the entry held ends when it is gone.
    unsafe {
        match way(object, name, cache) {
            Way::Standard(cache) => zend_std_unset_property(object, name, cache),
            Way::Aside => {
                let found = find(object, name);
                if found.is_null() {
                    return zend_std_unset_property(object, name, null_mut());
                }
                let old = exchange(found, &Zval::null());
                lend(object, || zend_std_unset_property(object, name, null_mut()));
                drop(old);
            }
        }
    }
}

/// The place of a property, for what is changed there: `$object->list[] = 1`, `$object->number++`, `$reference = &$object->name`.
pub(super) unsafe extern "C" fn place(
    object: *mut zend_object,
    name: *mut zend_string,
    kind: c_int,
    cache: Cache,
) -> *mut zval {
    // SAFETY: the engine's arguments are passed on.
    unsafe {
        let cache = match way(object, name, cache) {
            Way::Standard(cache) => cache,
            Way::Aside => {
                let found = find(object, name);
                if !found.is_null() {
                    return found;
                }
                if !TO_READ.contains(&kind) {
                    let add = || zend_std_get_property_ptr_ptr(object, name, kind, null_mut());
                    return lend_to_add(object, name, add);
                }
                // The warning may be handled in PHP, after the property was added.
                unfold(object);
                null_mut()
            }
        };
        zend_std_get_property_ptr_ptr(object, name, kind, cache)
    }
}

/// All properties: `foreach`, `var_dump()`, `(array)` and so on.
pub(super) unsafe extern "C" fn all(object: *mut zend_object) -> *mut HashTable {
    // SAFETY: the engine's argument is passed on.
    unsafe {
        unfold(object);
        zend_std_get_properties(object)
    }
}

/// Everything that the object refers to, for the garbage collector.
pub(super) unsafe extern "C" fn references(
    object: *mut zend_object,
    declared: *mut *mut zval,
    count: *mut c_int,
) -> *mut HashTable {
    // SAFETY: the object is alive. The table of all properties points to the declared ones; without it they are told beside it.
    unsafe {
        if !(*object).properties.is_null() {
            (*declared, *count) = (null_mut(), 0);
            return (*object).properties;
        }
        *declared = (&raw mut (*object).properties_table).cast();
        *count = (*(*object).ce).default_properties_count;
        *front(object)
    }
}

/// `==` and its like. Objects of a class mostly differ in what they declare; otherwise the dynamic properties have to be among all properties.
pub(super) unsafe extern "C" fn compare(first: *mut zval, second: *mut zval) -> c_int {
    // SAFETY: the engine's arguments are passed on.
    unsafe {
        if let (Some(one), Some(other)) = (ours(first), ours(second))
            && ptr::eq((*one).ce, (*other).ce)
        {
            late::settle_all(one);
            late::settle_all(other);
            let result = if have_as_many(one, other) {
                zend_std_compare_objects(first, second)
            } else {
                0
            };
            if result != 0 {
                return result;
            }
            unfold(one);
            unfold(other);
        }
        zend_std_compare_objects(first, second)
    }
}

/// The object that is compared, if it has these handlers.
///
/// # Safety
/// `value` must be one.
unsafe fn ours(value: *mut zval) -> Option<*mut zend_object> {
    // SAFETY: the caller's promise.
    unsafe {
        if !(*value).is_object() {
            return None;
        }
        let object = (*value).value.obj;
        aside(object).map(|_| object)
    }
}

/// Whether two objects have as many dynamic properties, and no table of all properties yet: then PHP compares what they declare.
///
/// # Safety
/// As for [`way`].
unsafe fn have_as_many(one: *mut zend_object, other: *mut zend_object) -> bool {
    // SAFETY: the caller's promise.
    unsafe {
        let count = |object| {
            (*front(object))
                .as_ref()
                .map_or(0, |table| table.nNumOfElements)
        };
        let is_folded = |object: *mut zend_object| (*object).properties.is_null();
        is_folded(one) && is_folded(other) && count(one) == count(other)
    }
}

/// Puts `value` into an entry. What was there comes back.
///
/// # Safety
/// Both must be values. The entry holds no reference, and neither does `value`.
unsafe fn exchange(entry: *mut zval, value: &Zval) -> Zval {
    let (mut old, new) = (
        Zval::new(),
        std::mem::ManuallyDrop::new(value.shallow_clone()),
    );
    // SAFETY: the caller's promise. Beside its value, an entry holds its link to the next one.
    unsafe {
        (old.value, old.u1) = ((*entry).value, (*entry).u1);
        ((*entry).value, (*entry).u1) = (new.value, new.u1);
    }
    old
}
