//! Dynamic properties of objects whose class declares many properties.
//!
//! PHP's own handlers answer the first dynamic property of an object with a table of all its properties, which takes two and a half KiB where there are
//! more than 32. Here the dynamic ones stand aside, in a small table of their own, until somebody asks for all properties. Then they move into
//! the table that PHP makes, and PHP's handlers alone have the say from there on. They have it from the beginning where a class has `__get()` or its like.
//!
//! What stands aside is found here and changed in place. Adding and removing is left to PHP's handlers, to which the small table is lent for that moment in place
//! of the full one. No PHP runs meanwhile: whatever could run some, such as a warning or the end of an old value, comes before or after.
//!
//! The engine uses a place that an opcode has cached without asking any handler. So the places of dynamic properties are never cached.

mod handlers;
mod late;

use std::{
    ffi::c_int,
    ptr::{self, null_mut},
    sync::atomic::{AtomicBool, Ordering::Relaxed},
};

use ext_php_rs::ffi::{
    _zend_new_array, HashTable, zend_array_destroy, zend_hash_find, zend_object,
    zend_object_handlers, zend_std_get_properties, zend_string, zval,
};

use self::handlers::{all, compare, has, place, read, references, unset, write};
pub(crate) use self::late::Late;
use super::engine;

/// The least that PHP makes a table for.
const ENTRIES: u32 = 8;

/// The table that stands aside, or null. Objects with these handlers have it in front of them.
pub(super) type Aside = *mut HashTable;

/// Lets the dynamic properties of objects stand aside that have an [`Aside`] in front of them, and has their `late` ones made when somebody looks.
pub(super) fn use_for(handlers: &mut zend_object_handlers, late: &'static [&'static Late]) {
    late::know(late);
    handlers.read_property = Some(read);
    handlers.write_property = Some(write);
    handlers.has_property = Some(has);
    handlers.unset_property = Some(unset);
    handlers.get_property_ptr_ptr = Some(place);
    handlers.get_properties = Some(all);
    handlers.get_gc = Some(REFERENCES);
    handlers.compare = Some(compare);
}

/// Where the dynamic properties of an object are, alone or among the others; `None` where there are none.
///
/// # Safety
/// The object must be alive.
pub(super) unsafe fn table<'a>(object: *mut zend_object) -> Option<&'a HashTable> {
    // SAFETY: the caller's promise.
    unsafe {
        match aside(object).filter(|aside| !(**aside).is_null()) {
            Some(aside) => (*aside).as_ref(),
            None => (*object).properties.as_ref(),
        }
    }
}

/// As [`table`]; `None` where it is clear that this name is not in it. The name has its hash.
///
/// # Safety
/// The object must be alive.
pub(super) unsafe fn table_with<'a>(
    object: *mut zend_object,
    name: &zend_string,
) -> Option<&'a HashTable> {
    // SAFETY: the caller's promise.
    unsafe {
        // What is in the table of all properties may have come there without asking anybody.
        let may_be_there = !(*object).properties.is_null() || seen(name).load(Relaxed);
        may_be_there.then(|| table(object)).flatten()
    }
}

/// Makes what stands aside the object's own again: the object ends or is copied, with which PHP deals.
///
/// # Safety
/// The object must be alive, and be one that has an [`Aside`] in front of it.
pub(super) unsafe fn give_back(object: *mut zend_object) {
    // SAFETY: the caller's promise. All properties of an object that has a table of them are in it.
    unsafe {
        let table = ptr::replace(front(object), null_mut());
        if !table.is_null() {
            (*object).properties = table;
        }
    }
}

fn front(object: *mut zend_object) -> *mut Aside {
    object.cast::<Aside>().wrapping_sub(1)
}

/// What stands in front of the object, if its handlers are these.
///
/// # Safety
/// The object must be alive.
unsafe fn aside(object: *mut zend_object) -> Option<*mut Aside> {
    // SAFETY: the caller's promise.
    let handlers = unsafe { (*(*object).handlers).get_gc };
    let is_ours = handlers.is_some_and(|handler| ptr::fn_addr_eq(handler, REFERENCES));
    is_ours.then(|| front(object))
}

type Gc = unsafe extern "C" fn(*mut zend_object, *mut *mut zval, *mut c_int) -> *mut HashTable;

/// The handler by which objects with an [`Aside`] are known. The function has as many addresses as the compiler makes copies of it; this is one.
static REFERENCES: Gc = references;

/// An entry of what stands aside, or null.
///
/// # Safety
/// The object must have these handlers.
unsafe fn find(object: *mut zend_object, name: *mut zend_string) -> *mut zval {
    // SAFETY: the caller's promise.
    unsafe {
        let table = *front(object);
        if table.is_null() {
            return null_mut();
        }
        zend_hash_find(table, name)
    }
}

/// Makes what stands aside a part of the table of all properties.
///
/// # Safety
/// The object must have these handlers.
pub(super) unsafe fn unfold(object: *mut zend_object) {
    // SAFETY: the caller's promise. There is no table of all properties yet, so PHP makes one, which holds the declared ones.
    unsafe {
        late::settle_all(object);
        let table = ptr::replace(front(object), null_mut());
        if !table.is_null() {
            let all = zend_std_get_properties(object);
            engine::zend_hash_copy(all, table, engine::zval_add_ref);
            zend_array_destroy(table);
        }
    }
}

/// The names that have ever stood aside, by some bits of their hashes. What nobody has named so, as few scripts do with a `websocketType`, need not be
/// looked for: of very many objects, the tables are rarely in the processor's cache.
static SEEN: [AtomicBool; 1024] = [const { AtomicBool::new(false) }; 1024];

/// The mark of a name that has its hash.
fn seen(name: &zend_string) -> &'static AtomicBool {
    &SEEN[usize::try_from(name.h).unwrap_or_default() % SEEN.len()]
}

/// As [`lend`], for a handler that adds a property. That it was looked for has given the name its hash.
///
/// # Safety
/// As for [`lend`].
unsafe fn lend_to_add<T>(
    object: *mut zend_object,
    name: *mut zend_string,
    standard: impl FnOnce() -> T,
) -> T {
    // SAFETY: the caller's promise.
    unsafe {
        seen(&*name).store(true, Relaxed);
        lend(object, standard)
    }
}

/// Lets one of PHP's handlers work on what stands aside. It must not run PHP.
///
/// # Safety
/// The object must have these handlers; nothing is lent already.
unsafe fn lend<T>(object: *mut zend_object, standard: impl FnOnce() -> T) -> T {
    // SAFETY: the caller's promise.
    unsafe {
        let aside = front(object);
        (*object).properties = match ptr::replace(aside, null_mut()) {
            table if table.is_null() => _zend_new_array(ENTRIES),
            table => table,
        };
        let result = standard();
        *aside = ptr::replace(&raw mut (*object).properties, null_mut());
        result
    }
}
