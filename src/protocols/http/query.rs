//! Queries, taken apart as `parse_str()` does.

use std::sync::OnceLock;

use ext_php_rs::types::Zval;

use crate::zend::{array, library, value};

/// Most fields of a query that is taken apart here. PHP's `max_input_vars` may be less than what a longer one has.
const MOST_FIELDS: usize = 32;

/// The fields of a query, with PHP's rules for names and its `max_input_vars`.
pub(super) fn parse(query: &[u8]) -> Zval {
    let mut fields = Zval::new_array();
    let add = |name: &[u8], content: &[u8]| {
        array::set_name(&mut fields, name, value::bytes(content));
    };
    match each_plain(query, add) {
        Some(()) => fields,
        None => library::parse_str(query),
    }
}

/// The content of one field of a query that PHP's rules leave as it is, without an array of all; `None` for another query.
pub(super) fn find<'a>(query: &'a [u8], wanted: &[u8]) -> Option<Option<&'a [u8]>> {
    let mut found = None;
    each_plain(query, |name, content| {
        if name == wanted {
            found = Some(content);
        }
    })?;
    Some(found)
}

/// Calls `take` with the fields of a query that PHP's rules leave as they are, which is nearly every one; `None` for another.
fn each_plain<'a>(query: &'a [u8], mut take: impl FnMut(&'a [u8], &'a [u8])) -> Option<()> {
    if query.is_empty() {
        return Some(());
    }
    // What stands for other bytes, and what ends a string where PHP looks for fields.
    if !is_php_plain() || memchr::memchr3(b'%', b'+', 0, query).is_some() {
        return None;
    }
    for (number, field) in query.split(|&byte| byte == b'&').enumerate() {
        let equals = field.iter().position(|byte| !is_plain_name(*byte))?;
        if number >= MOST_FIELDS || equals == 0 || field[equals] != b'=' {
            return None;
        }
        take(&field[..equals], &field[equals + 1..]);
    }
    Some(())
}

/// Whether a byte of a name stands for itself: PHP changes dots and spaces, and makes arrays of brackets.
const fn is_plain_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')
}

/// Whether php.ini leaves the usual rules in place. It does not change while a process runs.
fn is_php_plain() -> bool {
    static PLAIN: OnceLock<bool> = OnceLock::new();
    *PLAIN.get_or_init(|| {
        let filter = library::ini_string("filter.default");
        let is_unfiltered = filter.is_empty() || filter == b"unsafe_raw";
        // Set, everything that comes in is translated to another encoding.
        let is_translated = library::ini_long("mbstring.encoding_translation") != 0;
        let most = usize::try_from(library::ini_long("max_input_vars")).unwrap_or_default();
        is_unfiltered
            && !is_translated
            && library::ini_string("arg_separator.input") == b"&"
            && most >= MOST_FIELDS
    })
}
