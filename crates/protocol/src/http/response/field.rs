//! The fields of a head, and which of them are let out.

use super::super::{
    eight::{controls, equals, has_byte},
    fields::is_named,
};

/// A header field, name and value. A list of values is given as several fields with one name.
pub type Field<'a> = (&'a [u8], &'a [u8]);

/// Appends the fields that are wanted and cannot break the head.
pub(crate) fn write_fields(
    fields: &[Field<'_>],
    is_wanted: impl Fn(&[u8]) -> bool,
    out: &mut Vec<u8>,
) {
    for &field in fields
        .iter()
        .filter(|field| is_well_formed(field) && is_wanted(field.0))
    {
        write_field(field, out);
    }
}

pub(super) fn write_field((name, value): Field<'_>, out: &mut Vec<u8>) {
    out.extend_from_slice(name);
    out.extend_from_slice(b": ");
    out.extend_from_slice(value);
    out.extend_from_slice(b"\r\n");
}

pub(super) fn write_content_length(length: usize, out: &mut Vec<u8>) {
    out.extend_from_slice(b"Content-Length: ");
    out.extend_from_slice(itoa::Buffer::new().format(length).as_bytes());
    out.extend_from_slice(b"\r\n");
}

/// The last value sent under this name.
#[inline]
pub(super) fn find<'a>(fields: &[Field<'a>], name: &[u8]) -> Option<&'a [u8]> {
    let same_name = |field: &&Field<'a>| is_named(field.0, name) && is_well_formed(field);
    fields.iter().rev().find(same_name).map(|field| field.1)
}

/// Appends a text without what would break the line.
pub(super) fn write_in_line(text: &[u8], out: &mut Vec<u8>) {
    if text.iter().any(|&byte| breaks_line(byte)) {
        out.extend(text.iter().filter(|&&byte| !breaks_line(byte)));
    } else {
        out.extend_from_slice(text);
    }
}

/// Whether a field has a name, and neither that nor the value ends its part of the line.
pub(super) fn is_well_formed((name, value): &Field<'_>) -> bool {
    // Nearly always there is neither, which eight bytes at a time say sooner than the bytes themselves.
    let is_name = !name.is_empty()
        && (!has_byte(name, |eight| controls(eight) | equals(eight, b':'))
            || !name.iter().any(|&byte| breaks_line(byte) || byte == b':'));
    is_name && (!has_byte(value, controls) || !value.iter().any(|&byte| breaks_line(byte)))
}

pub(crate) const fn breaks_line(byte: u8) -> bool {
    matches!(byte, b'\r' | b'\n' | 0)
}

pub(super) fn is_content_length(name: &[u8]) -> bool {
    is_named(name, b"Content-Length")
}

pub(super) fn is_number(value: &[u8]) -> bool {
    !value.is_empty() && value.iter().all(u8::is_ascii_digit)
}

pub(super) fn is_connection(name: &[u8]) -> bool {
    is_named(name, b"Connection")
}

pub(super) fn is_transfer_encoding(name: &[u8]) -> bool {
    is_named(name, b"Transfer-Encoding")
}
