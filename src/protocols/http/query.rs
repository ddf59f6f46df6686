//! Queries, taken apart as `parse_str()` does.

use std::sync::OnceLock;

use ext_php_rs::types::Zval;

use crate::zend::{array, library, value};

/// Most fields of a query that is taken apart here. PHP's `max_input_vars` may be less than what a longer one has.
const MOST_FIELDS: usize = 32;

/// The fields of a query, with PHP's rules for names and its `max_input_vars`.
pub(super) fn parse(query: &[u8]) -> Zval {
    plain(query).unwrap_or_else(|| library::parse_str(query))
}

/// The fields of a query that these rules leave as they are, which is nearly every one; `None` for another.
fn plain(query: &[u8]) -> Option<Zval> {
    if query.is_empty() || !is_php_plain() {
        return None;
    }
    let mut fields = Zval::new_array();
    for (number, field) in query.split(|&byte| byte == b'&').enumerate() {
        let equals = field.iter().position(|&byte| byte == b'=')?;
        let (name, content) = (&field[..equals], &field[equals + 1..]);
        if number >= MOST_FIELDS || !is_plain_name(name) || !content.iter().all(is_plain) {
            return None;
        }
        array::set_name(&mut fields, name, value::bytes(content));
    }
    Some(fields)
}

/// PHP changes dots and spaces in names, and makes arrays of brackets.
fn is_plain_name(name: &[u8]) -> bool {
    let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    !name.is_empty() && name.iter().all(is_word)
}

/// Whether a byte of a value stands for itself.
const fn is_plain(byte: &u8) -> bool {
    !matches!(byte, b'%' | b'+' | 0)
}

/// Whether php.ini leaves the usual rules in place. It does not change while a process runs.
fn is_php_plain() -> bool {
    static PLAIN: OnceLock<bool> = OnceLock::new();
    *PLAIN.get_or_init(|| {
        let filter = library::ini_string("filter.default");
        let is_unfiltered = filter.is_empty() || filter == b"unsafe_raw";
        let most = usize::try_from(library::ini_long("max_input_vars")).unwrap_or_default();
        is_unfiltered && library::ini_string("arg_separator.input") == b"&" && most >= MOST_FIELDS
    })
}
