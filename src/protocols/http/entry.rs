//! One entry of a part of a request that is an array, such as `$request->get('name')`, found without making the array where that can be.

use ext_php_rs::types::Zval;

use super::{
    parts::{is_no_subclass, is_of_buffer, with_view},
    query,
    request::{keys, name_bytes},
};
use crate::zend::{Call, Object, Result, array, value};

/// What becomes of looking for an entry of a part that is an array without making the array.
pub(super) enum Entry {
    Found(Zval),
    Missing,
    /// It cannot be told without the array.
    NeedsAll,
}

impl Entry {
    fn known(found: Option<Zval>) -> Self {
        found.map_or(Self::Missing, Self::Found)
    }
}

pub(super) type Find = fn(&Object, &[u8]) -> Entry;

/// An entry of a part that is an array, or the whole of it, which is made when it is asked for.
pub(super) fn entry(call: &Call, find: Find, all: fn(&Object) -> Result<Zval>) -> Result<Zval> {
    let this = call.borrow_this()?;
    let Some(name) = call.look(0).filter(|name| !name.is_null()) else {
        return all(this);
    };
    let name = name_bytes(name);
    let alone = if is_no_subclass(this) {
        find(this, name)
    } else {
        Entry::NeedsAll
    };
    let found = match alone {
        Entry::Found(found) => Some(found),
        Entry::Missing => None,
        Entry::NeedsAll => array::get_name(&all(this)?, name),
    };
    Ok(found
        .filter(|value| !value.is_null())
        .unwrap_or_else(|| call.value(1)))
}

/// An entry of the query.
pub(super) fn in_query(this: &Object, name: &[u8]) -> Entry {
    if !is_of_buffer(this, &[keys().get, keys().query_string, keys().uri]) {
        return Entry::NeedsAll;
    }
    with_view(this, |view| match query::find(view.query(), name) {
        Some(found) => Entry::known(found.map(value::bytes)),
        None => Entry::NeedsAll,
    })
}

/// A cookie; of several with one name the last.
pub(super) fn in_cookies(this: &Object, name: &[u8]) -> Entry {
    if !is_of_buffer(this, &[keys().cookie, keys().headers, keys().head]) {
        return Entry::NeedsAll;
    }
    with_view(this, |view| {
        let named = view.cookies().filter(|cookie| cookie.0 == name);
        Entry::known(named.last().map(|(_, cookie)| value::bytes(cookie)))
    })
}
