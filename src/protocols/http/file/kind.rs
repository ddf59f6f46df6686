//! What kind of a file it is, for browsers.

use super::{
    super::{content, fields::OwnedField, response},
    add, add_unless_given, is_given,
};
use crate::zend::{array, property::static_property};

/// Type and, for what browsers cannot show, a name to save it under.
pub(super) fn describe(fields: &mut Vec<OwnedField>, path: &[u8]) {
    if is_given(fields, "Content-Type") {
        return;
    }
    let name = path.rsplit(|&byte| byte == b'/').next().unwrap_or_default();
    let kind = mime_type(&extension(name));
    let is_unknown = kind == UNKNOWN_TYPE;
    add(fields, "Content-Type", kind);
    if is_unknown {
        let mut disposition = b"attachment; filename=\"".to_vec();
        disposition.extend(file_name(name));
        disposition.push(b'"');
        add_unless_given(fields, "Content-Disposition", disposition);
    }
}

/// The type of what is in no table.
const UNKNOWN_TYPE: &[u8] = b"application/octet-stream";

/// The type of files with an extension, as `$mimeTypeMap` has it.
pub(in crate::protocols::http) fn mime_type(extension: &[u8]) -> Vec<u8> {
    let known = array::get_name(
        &static_property(response::class(), "mimeTypeMap"),
        extension,
    );
    known.map_or_else(|| UNKNOWN_TYPE.to_vec(), |kind| content(&kind).to_vec())
}

/// What follows the last dot of a name, in lower case.
fn extension(name: &[u8]) -> Vec<u8> {
    let dot = name.iter().rposition(|&byte| byte == b'.');
    dot.map(|dot| name[dot + 1..].to_ascii_lowercase())
        .unwrap_or_default()
}

/// A name without what would end or change a quoted string.
fn file_name(name: &[u8]) -> Vec<u8> {
    let is_plain = |byte: &u8| !matches!(byte, b'"' | b'\\') && !byte.is_ascii_control();
    let name: Vec<u8> = name.iter().copied().filter(is_plain).collect();
    if name.is_empty() {
        b"unknown".to_vec()
    } else {
        name
    }
}
