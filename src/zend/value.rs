//! Building PHP values.

use std::{mem::ManuallyDrop, ptr::NonNull};

use ext_php_rs::{
    boxed::ZBox,
    ffi::{
        self, zend_array, zend_hash_index_update, zend_hash_next_index_insert, zend_hash_update,
    },
    types::{ZendStr, Zval},
};

use super::{class::interned, declaration::Literal, engine};

/// A string value of any bytes.
pub(crate) fn bytes(content: impl AsRef<[u8]>) -> Zval {
    string(ZendStr::new(content, false))
}

/// A string that is there.
fn string(text: ZBox<ZendStr>) -> Zval {
    // SAFETY: reads the flags of a live string.
    let is_interned = unsafe { text.gc.u.type_info } & ffi::GC_IMMUTABLE != 0;
    let mut value = Zval::new();
    value.value.str_ = text.into_raw();
    value.u1.type_info = if is_interned {
        ffi::IS_INTERNED_STRING_EX
    } else {
        ffi::IS_STRING_EX
    };
    value
}

/// `$text .= $bytes`: in place, where nobody else holds the string. What is no string is replaced and handed out, to be dropped when nothing is looked at any more.
#[must_use]
pub(crate) fn append(text: &mut Zval, bytes: &[u8]) -> Option<Zval> {
    let mut bytes = self::bytes(bytes);
    if !text.is_string() {
        return Some(std::mem::replace(text, bytes));
    }
    // SAFETY: both are strings, so that no conversion runs PHP; the engine counts the references.
    unsafe { engine::concat_function(text, text, &raw mut bytes) };
    None
}

/// A string value that PHP has once for each text, as it has literals: whoever looks for a known one compares addresses.
pub(crate) fn literal(text: &str) -> Zval {
    // SAFETY: the engine has set the function before any module starts; it returns a live string. No lock is held, as it may run out of memory.
    unsafe {
        match ffi::zend_string_init_interned {
            Some(intern) => {
                let text = intern(text.as_ptr().cast(), text.len(), false);
                string(ZBox::from_raw(&mut *text))
            }
            None => bytes(text),
        }
    }
}

/// An integer value; what does not fit is the largest integer.
pub(crate) fn long(number: impl TryInto<i64>) -> Zval {
    let mut value = Zval::new();
    value.value.lval = number.try_into().unwrap_or(i64::MAX);
    value.u1.type_info = ffi::IS_LONG;
    value
}

/// A number with a fraction.
pub(crate) fn double(number: f64) -> Zval {
    let mut value = Zval::new();
    value.set_double(number);
    value
}

/// A boolean value.
pub(crate) const fn boolean(flag: bool) -> Zval {
    let mut value = Zval::new();
    value.u1.type_info = if flag { ffi::IS_TRUE } else { ffi::IS_FALSE };
    value
}

/// The type of a value, one of the engine's `IS_*`.
#[inline]
pub(super) fn type_of(value: &Zval) -> u32 {
    // SAFETY: every value has a type.
    u32::from(unsafe { value.u1.v.type_ })
}

/// Drops a value. That of one which is not counted, as most are that nobody else holds, is nothing at all.
#[inline]
pub(super) fn discard(value: Zval) {
    if !is_counted(&value) {
        std::mem::forget(value);
    }
}

/// Whether there is something to be given back when a value is dropped.
#[inline]
pub(super) fn is_counted(value: &Zval) -> bool {
    // SAFETY: every value has flags beside its type.
    unsafe { value.u1.type_info & COUNTED != 0 }
}

/// The flag of values that are counted, among those of the type.
const COUNTED: u32 = ffi::IS_TYPE_REFCOUNTED << ffi::Z_TYPE_FLAGS_SHIFT;

/// A string that lives as long as the process and knows its hash: the quick way to an entry of an array.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Name(NonNull<ffi::zend_string>);

// SAFETY: the string is never changed nor freed, and only PHP's thread makes names and looks at them.
unsafe impl Send for Name {}
// SAFETY: as above.
unsafe impl Sync for Name {}

impl Name {
    /// The name `text`. For when the extension starts: later the string would belong to the request.
    ///
    /// # Panics
    /// Never: PHP ends the process when there is no memory.
    pub(crate) fn of(text: &str) -> Self {
        Self(
            NonNull::new(interned(text))
                .unwrap_or_else(|| unreachable!("the engine makes a string")),
        )
    }

    /// Whether a value is this very string. One that is equal may be another.
    pub(crate) fn is(self, value: &Zval) -> bool {
        value.is_string() && identity(value) == Some(self.0.as_ptr() as usize)
    }

    pub(super) const fn as_ptr(self) -> *mut ffi::zend_string {
        self.0.as_ptr()
    }
}

/// The identity of a refcounted value, for as long as somebody holds it; `None` for scalars.
pub(crate) fn identity(value: &Zval) -> Option<usize> {
    let is_pointer = (ffi::IS_STRING..=ffi::IS_OBJECT).contains(&type_of(value));
    // SAFETY: strings, arrays and objects are pointers, and only the address is looked at.
    is_pointer.then_some(unsafe { value.value.ptr } as usize)
}

/// A value that lives as long as the process, for defaults of properties and for class constants. Arrays are immutable: PHP copies them on write.
pub(super) fn permanent(literal: &Literal) -> ManuallyDrop<Zval> {
    let mut value = Zval::null();
    match literal {
        Literal::Null => {}
        Literal::Bool(flag) => value.set_bool(*flag),
        Literal::Long(number) => value.set_long(*number),
        Literal::Double(number) => value.set_double(*number),
        Literal::String(text) => {
            value.value.str_ = interned(text);
            value.u1.type_info = ffi::IS_INTERNED_STRING_EX;
        }
        Literal::Array(entries) => {
            value.value.arr = permanent_array(entries);
            value.u1.type_info = ffi::IS_ARRAY;
        }
    }
    ManuallyDrop::new(value)
}

fn permanent_array(entries: &[(Option<Literal>, Literal)]) -> *mut zend_array {
    if entries.is_empty() {
        return (&raw const ffi::zend_empty_array).cast_mut();
    }
    let table = Box::leak(Box::new(std::mem::MaybeUninit::<zend_array>::zeroed())).as_mut_ptr();
    // SAFETY: the table is initialised before it is used and never freed; keys and values live for ever.
    unsafe {
        engine::_zend_hash_init(
            table,
            u32::try_from(entries.len()).unwrap_or(8),
            std::ptr::null_mut(),
            true,
        );
        for (key, literal) in entries {
            let mut value = permanent(literal);
            match key {
                None => zend_hash_next_index_insert(table, &raw mut *value),
                Some(Literal::Long(index)) => {
                    zend_hash_index_update(table, index.cast_unsigned(), &raw mut *value)
                }
                Some(Literal::String(name)) => {
                    zend_hash_update(table, interned(name), &raw mut *value)
                }
                Some(other) => panic!("{other:?} is no key"),
            };
        }
        // What is immutable is not counted, and copied by whoever writes.
        (*table).gc.refcount = 2;
        (*table).gc.u.type_info |= ffi::GC_IMMUTABLE << ffi::GC_FLAGS_SHIFT;
    }
    table
}
