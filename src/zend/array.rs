//! Changing PHP arrays in place.

use ext_php_rs::{
    ffi::{
        IS_LONG, zend_array_dup, zend_hash_get_current_data_ex, zend_hash_index_del,
        zend_hash_index_update, zend_hash_move_forward_ex, zend_hash_next_index_insert,
        zend_hash_str_del, zend_hash_str_find, zend_hash_str_update, zend_hash_update,
    },
    types::{ZendHashTable, Zval},
};

use super::{
    Object, engine,
    value::{self, Name},
};

/// The table of an array value, made its own: if others share it, or if it is a constant, this is a copy. A value of another type becomes an empty array.
pub(crate) fn own(array: &mut Zval) -> &mut ZendHashTable {
    if !is_own(array) {
        make_own(array);
    }
    // SAFETY: the value is an array, which nobody shares.
    unsafe { &mut *array.value.arr }
}

/// Whether a value is an array that is neither shared nor immutable.
fn is_own(array: &Zval) -> bool {
    // SAFETY: looks at the table of an array.
    array.is_array()
        && unsafe {
            let table = array.value.arr;
            (*table).gc.refcount <= 1 && !(*table).is_immutable()
        }
}

#[cold]
fn make_own(array: &mut Zval) {
    let mut fresh = Zval::new_array();
    if array.is_array() {
        fresh = Zval::new();
        // SAFETY: the value is an array; the copy is nobody else's.
        fresh.value.arr = unsafe { zend_array_dup(array.value.arr) };
        fresh.u1.type_info = ext_php_rs::ffi::IS_ARRAY_EX;
    }
    drop(std::mem::replace(array, fresh));
}

/// `$array[$index] = $value`, in an array that no script can reach; in others it is [`replace_index`].
pub(crate) fn set_index(array: &mut Zval, index: i64, value: Zval) {
    drop(replace_index(array, index, value));
}

/// `$array[$index] = $value`. The old value comes back, so that it is dropped when nothing is looked at any more: its destructor is PHP, which may write to the same array.
#[must_use]
pub(crate) fn replace_index(array: &mut Zval, index: i64, value: Zval) -> Option<Zval> {
    let table = own(array);
    if let Some(place) = table.get_index_mut(index) {
        return Some(exchange(place, value));
    }
    let mut value = std::mem::ManuallyDrop::new(value);
    // SAFETY: the table is our own; it takes over the reference.
    unsafe { zend_hash_index_update(table, index.cast_unsigned(), &raw mut *value) };
    None
}

/// `unset($array[$index])`. The old value comes back, so that it is dropped when nothing is looked at any more.
pub(crate) fn take_index(array: &mut Zval, index: i64) -> Option<Zval> {
    take_if(array, index, |_| true)
}

/// `unset($array[$index])` if it is `object`.
pub(crate) fn take_object(array: &mut Zval, index: i64, object: &Object) -> Option<Zval> {
    let is_it = |found: &Zval| Object::in_zval(found.dereference()).is_some_and(|it| it.is(object));
    take_if(array, index, is_it)
}

/// `unset($array[$index])` if it is what is meant.
fn take_if(array: &mut Zval, index: i64, is_meant: impl Fn(&Zval) -> bool) -> Option<Zval> {
    if !is_own(array) {
        // What is not there is not worth a copy.
        array.array()?.get_index(index).filter(|it| is_meant(it))?;
    }
    let table = own(array);
    let entry = table.get_index_mut(index).filter(|it| is_meant(it))?;
    let old = exchange(entry, Zval::null());
    // SAFETY: the table is our own, and nothing is left in the entry.
    unsafe { zend_hash_index_del(table, index.cast_unsigned()) };
    Some(old)
}

/// `$array[$name] = $value`, in an array that no script can reach; in others it is [`replace_name`].
pub(crate) fn set_name(array: &mut Zval, name: impl AsRef<[u8]>, value: Zval) {
    drop(replace_name(array, name, value));
}

/// `$array[$name] = $value`, where a name that is written like an integer is one, as everywhere in PHP. The old value comes back, as from [`replace_index`].
#[must_use]
pub(crate) fn replace_name(array: &mut Zval, name: impl AsRef<[u8]>, value: Zval) -> Option<Zval> {
    let name = name.as_ref();
    if let Some(index) = integer(name) {
        return replace_index(array, index, value);
    }
    let table = own(array);
    if let Some(place) = place(table, name) {
        return Some(exchange(place, value));
    }
    let mut value = std::mem::ManuallyDrop::new(value);
    // SAFETY: the table is our own; it takes over the reference.
    unsafe { zend_hash_str_update(table, name.as_ptr().cast(), name.len(), &raw mut *value) };
    None
}

/// `$array[$name] = $value`, or `$array[$name] .= ",$value"` if there is a string already.
pub(crate) fn join_name(array: &mut Zval, name: &[u8], content: &[u8]) {
    if integer(name).is_none() {
        let mut fresh = std::mem::ManuallyDrop::new(value::bytes(content));
        // SAFETY: the table is our own; it takes over the reference, unless it has the name already.
        let added = unsafe {
            engine::zend_hash_str_add(
                own(array),
                name.as_ptr().cast(),
                name.len(),
                &raw mut *fresh,
            )
        };
        if !added.is_null() {
            return;
        }
        drop(std::mem::ManuallyDrop::into_inner(fresh));
    }
    match place(own(array), name).filter(|place| place.is_string()) {
        Some(earlier) => {
            let _ = value::append(earlier, b",");
            let _ = value::append(earlier, content);
        }
        None => set_name(array, name, value::bytes(content)),
    }
}

/// Puts a value in the place of another one in a table. What else the place holds is the table's: which entry follows in its chain.
fn exchange(place: &mut Zval, mut value: Zval) -> Zval {
    std::mem::swap(&mut place.value, &mut value.value);
    std::mem::swap(&mut place.u1, &mut value.u1);
    value
}

/// Where an entry is, if it is there.
fn place<'a>(table: &'a mut ZendHashTable, name: &[u8]) -> Option<&'a mut Zval> {
    match integer(name) {
        Some(index) => table.get_index_mut(index),
        // SAFETY: looks in a live table; the place it finds lives as long as the table is not changed.
        None => unsafe { zend_hash_str_find(table, name.as_ptr().cast(), name.len()).as_mut() },
    }
}

/// `$array[$name] ?? null`, without references.
pub(crate) fn get_known(array: &Zval, name: Name) -> Option<Zval> {
    let table = array.array()?;
    // SAFETY: looks in a live table.
    let place = unsafe { engine::zend_hash_find_known_hash(table, name.as_ptr()).as_ref() };
    place.map(|value| value.dereference().shallow_clone())
}

/// `$array[$name] = $value`. The old value comes back, so that it is dropped when nothing is looked at any more.
pub(crate) fn put_known(array: &mut Zval, name: Name, value: Zval) -> Option<Zval> {
    let table = own(array);
    // SAFETY: looks in a live table of our own; the place is used before the table is changed.
    let place = unsafe { engine::zend_hash_find_known_hash(table, name.as_ptr()).as_mut() };
    if let Some(place) = place {
        return Some(exchange(place, value));
    }
    let mut value = std::mem::ManuallyDrop::new(value);
    // SAFETY: the table is our own; it takes over the reference.
    unsafe { zend_hash_update(table, name.as_ptr(), &raw mut *value) };
    None
}

/// `$array[$name] ??= $content`, where nothing is null. Returns whether the name is new.
pub(crate) fn add_known(array: &mut Zval, name: Name, content: &[u8]) -> bool {
    let mut fresh = std::mem::ManuallyDrop::new(value::bytes(content));
    // SAFETY: the table is our own; it takes over the reference, unless it has the name already.
    let added = unsafe { engine::zend_hash_add(own(array), name.as_ptr(), &raw mut *fresh) };
    if added.is_null() {
        drop(std::mem::ManuallyDrop::into_inner(fresh));
    }
    !added.is_null()
}

/// `$array[] = $value`.
pub(crate) fn push(array: &mut Zval, value: Zval) {
    let mut value = std::mem::ManuallyDrop::new(value);
    // SAFETY: the table is our own; it takes over the reference.
    unsafe { zend_hash_next_index_insert(own(array), &raw mut *value) };
}

/// `$array[$name] ?? null`, without references.
pub(crate) fn get_name(array: &Zval, name: impl AsRef<[u8]>) -> Option<Zval> {
    find(array, name.as_ref()).map(|value| value.dereference().shallow_clone())
}

fn find<'a>(array: &'a Zval, name: &[u8]) -> Option<&'a Zval> {
    let table = array.array()?;
    match integer(name) {
        Some(index) => table.get_index(index),
        // SAFETY: looks in a live table; the place it finds lives as long as the table is not changed.
        None => unsafe { zend_hash_str_find(table, name.as_ptr().cast(), name.len()).as_ref() },
    }
}

/// `unset($array[$name])`. The old value comes back, so that it is dropped when nothing is looked at any more.
pub(crate) fn take_name(array: &mut Zval, name: impl AsRef<[u8]>) -> Option<Zval> {
    let name = name.as_ref();
    if let Some(index) = integer(name) {
        return take_index(array, index);
    }
    let old = find(array, name)?.shallow_clone();
    // SAFETY: the table is our own; `old` keeps the value alive.
    unsafe { zend_hash_str_del(own(array), name.as_ptr().cast(), name.len()) };
    Some(old)
}

/// A key of an array.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Key {
    Index(i64),
    Name(Vec<u8>),
}

impl Key {
    /// The key as a string.
    pub(crate) fn into_bytes(self) -> Vec<u8> {
        match self {
            Self::Index(index) => index.to_string().into_bytes(),
            Self::Name(name) => name,
        }
    }
}

/// The entries of an array in place, in order. The iterators of the bindings panic at a name that is not UTF-8.
///
/// Values that are references come as such. They are looked at while no PHP runs.
pub(crate) struct Entries<'a> {
    table: Option<&'a ZendHashTable>,
    position: u32,
}

/// Where an entry is.
pub(crate) enum Place<'a> {
    Index(i64),
    Name(&'a [u8]),
}

impl<'a> Entries<'a> {
    /// Those of an array; none where the value is something else.
    pub(crate) fn of(array: &'a Zval) -> Self {
        Self {
            table: array.array(),
            position: 0,
        }
    }
}

impl<'a> Iterator for Entries<'a> {
    type Item = (Place<'a>, &'a Zval);

    fn next(&mut self) -> Option<Self::Item> {
        let table = std::ptr::from_ref(self.table?).cast_mut();
        let (mut name, mut index) = (std::ptr::null_mut(), 0);
        // SAFETY: walks a live table that nobody changes meanwhile; name and value live as long as it is not changed.
        let (name, value) = unsafe {
            let value = zend_hash_get_current_data_ex(table, &raw mut self.position).as_ref()?;
            let position = &raw const self.position;
            engine::zend_hash_get_current_key_ex(table, &raw mut name, &raw mut index, position);
            zend_hash_move_forward_ex(table, &raw mut self.position);
            (name.as_ref(), value.indirect().unwrap_or(value))
        };
        let place = match name {
            Some(name) => Place::Name(name.as_bytes()),
            None => Place::Index(index.cast_signed()),
        };
        Some((place, value))
    }
}

/// A copy of the entries of an array, in order, without references.
pub(crate) fn entries(array: &Zval) -> Vec<(Key, Zval)> {
    let key = |place: Place<'_>| match place {
        Place::Index(index) => Key::Index(index),
        Place::Name(name) => Key::Name(name.to_vec()),
    };
    Entries::of(array)
        .map(|(place, value)| (key(place), value.dereference().shallow_clone()))
        .collect()
}

/// The values of an array, in order.
pub(crate) fn values(array: &Zval) -> Vec<Zval> {
    Entries::of(array)
        .map(|(_, value)| value.dereference().shallow_clone())
        .collect()
}

/// The values of an array, in order, references kept as references.
pub(crate) fn raw_values(array: &Zval) -> Vec<Zval> {
    Entries::of(array)
        .map(|(_, value)| value.shallow_clone())
        .collect()
}

/// The integer that PHP takes a key for: decimal digits as PHP itself would write them.
fn integer(name: &[u8]) -> Option<i64> {
    let first = *name.first()?;
    if !first.is_ascii_digit() && first != b'-' {
        return None;
    }
    let text = std::str::from_utf8(name).ok()?;
    text.parse()
        .ok()
        .filter(|number: &i64| number.to_string() == text)
}

/// `$array[$name] += $amount` on an integer entry. What is no integer counts from 0, and is handed out to be dropped.
pub(crate) fn add(array: &mut Zval, name: Name, amount: i64) -> Option<Zval> {
    let table = own(array);
    // SAFETY: looks in a live table; the place is used before the table is changed.
    let place = unsafe { engine::zend_hash_find_known_hash(table, name.as_ptr()).as_mut() };
    match place {
        Some(entry) if value::type_of(entry) == IS_LONG => {
            // SAFETY: the entry is an integer, and stays one.
            entry.value.lval = unsafe { entry.value.lval }.wrapping_add(amount);
            None
        }
        Some(entry) => add_to(entry, amount),
        None => {
            let mut first = std::mem::ManuallyDrop::new(value::long(amount));
            // SAFETY: the table is our own; an integer needs no reference.
            unsafe { zend_hash_update(table, name.as_ptr(), &raw mut *first) };
            None
        }
    }
}

/// Adds to an entry that is a reference, or no integer.
#[cold]
fn add_to(entry: &mut Zval, amount: i64) -> Option<Zval> {
    let entry = entry.dereference_mut();
    let sum = entry.long().unwrap_or_default().wrapping_add(amount);
    Some(exchange(entry, value::long(sum)))
}

/// An array of `values`.
pub(crate) fn list(values: impl IntoIterator<Item = Zval>) -> Zval {
    let mut array = Zval::new_array();
    for (index, value) in values.into_iter().enumerate() {
        set_index(&mut array, i64::try_from(index).unwrap_or(i64::MAX), value);
    }
    array
}
