//! Header fields between PHP arrays and the encoder.

use ext_php_rs::types::Zval;
use ouvrier_protocol::http::response::{Field, is_named};
use smallvec::SmallVec;

use crate::{
    connection::to_bytes,
    zend::{
        Result,
        array::{self, Entries, Place},
        value,
    },
};

/// A header field that owns its bytes.
pub(super) type OwnedField = (Vec<u8>, Vec<u8>);

/// Fields that are looked at in place without an allocation.
const USUAL: usize = 16;

/// Looks at the fields of an array of headers that holds nothing but strings: without a copy, since nothing of it is PHP's to convert. `None`
/// where it holds anything else. `look` must not run PHP.
pub(super) fn in_place<T>(headers: &Zval, look: impl FnOnce(&[Field<'_>]) -> T) -> Option<T> {
    let mut fields: SmallVec<[Field<'_>; USUAL]> = SmallVec::new();
    for (place, content) in Entries::of(headers) {
        let Place::Name(name) = place else {
            return None;
        };
        fields.push((name, content.dereference().zend_str()?.as_bytes()));
    }
    Some(look(&fields))
}

/// The fields of an array of headers, in order. A list of values is a field for each.
///
/// # Errors
/// A `TypeError` for a value that is no string and cannot become one; what its `__toString()` throws.
pub(in crate::protocols) fn fields(headers: &Zval) -> Result<Vec<OwnedField>> {
    if headers.array().is_none_or(|headers| headers.is_empty()) {
        return Ok(Vec::new());
    }
    let entries = array::entries(headers);
    let mut fields = Vec::with_capacity(entries.len() + 1);
    for (key, content) in entries {
        let name = key.into_bytes();
        if content.is_array() {
            for item in array::values(&content) {
                fields.push((name.clone(), text(&item)?));
            }
        } else {
            fields.push((name, text(&content)?));
        }
    }
    Ok(fields)
}

/// The same fields, for the encoder.
pub(in crate::protocols) fn borrowed(fields: &[OwnedField]) -> Vec<Field<'_>> {
    fields
        .iter()
        .map(|(name, content)| (name.as_slice(), content.as_slice()))
        .collect()
}

/// Whether the script says that the connection ends.
pub(super) fn says_close(fields: &[Field<'_>]) -> bool {
    let last = fields
        .iter()
        .rfind(|(name, _)| is_named(name, b"Connection"));
    last.is_some_and(|(_, content)| {
        let mut options = content.split(|&byte| byte == b',');
        options.any(|option| option.trim_ascii().eq_ignore_ascii_case(b"close"))
    })
}

/// The array of headers that has these fields.
pub(super) fn headers_of(fields: &[Field<'_>]) -> Zval {
    let mut headers = Zval::new_array();
    for (name, content) in fields {
        merge(&mut headers, name, value::bytes(content));
    }
    headers
}

/// Adds a header; a name that comes again gets a list of values.
pub(super) fn merge(headers: &mut Zval, name: &[u8], content: Zval) {
    let joined = array::get_name(headers, name).map(|before| {
        let both = listed(&before).into_iter().chain(listed(&content));
        array::list(both)
    });
    array::set_name(headers, name, joined.unwrap_or(content));
}

/// `(array)$value`.
fn listed(content: &Zval) -> Vec<Zval> {
    if content.is_array() {
        array::values(content)
    } else {
        vec![content.shallow_clone()]
    }
}

fn text(content: &Zval) -> Result<Vec<u8>> {
    let text = to_bytes(content, "Response")?;
    Ok(text
        .zend_str()
        .map(|text| text.as_bytes().to_vec())
        .unwrap_or_default())
}
