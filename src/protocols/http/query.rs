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
    if !is_php_plain() {
        return None;
    }
    let mut rest = query;
    for _ in 0..MOST_FIELDS {
        let equals = rest.iter().position(|&byte| !is_plain_name(byte))?;
        if equals == 0 || rest[equals] != b'=' {
            return None;
        }
        let (name, content) = (&rest[..equals], &rest[equals + 1..]);
        let Some(end) = content.iter().position(|&byte| ends_plain_content(byte)) else {
            take(name, content);
            return Some(());
        };
        if content[end] != b'&' {
            return None;
        }
        take(name, &content[..end]);
        rest = &content[end + 1..];
    }
    None
}

/// Whether a byte of a name stands for itself: PHP changes dots and spaces, and makes arrays of brackets.
fn is_plain_name(byte: u8) -> bool {
    PLAIN_NAMES[byte as usize]
}

/// One look-up per byte of a name.
static PLAIN_NAMES: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < table.len() {
        table[byte] = (byte as u8).is_ascii_alphanumeric() || matches!(byte as u8, b'_' | b'-');
        byte += 1;
    }
    table
};

/// Whether a byte ends a content, as a zero does where PHP looks for fields, or stands for another.
const fn ends_plain_content(byte: u8) -> bool {
    matches!(byte, b'%' | b'+' | 0 | b'&')
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
