//! What kind of a file it is, for browsers.

use std::borrow::Cow;

use ext_php_rs::types::Zval;

use super::super::{content, response};
use crate::zend::{array, statics::StaticSlot};

/// The type of a file and, for what browsers cannot show, a name to save it under.
pub(super) struct Kind {
    /// `None` for what is in no table.
    name: Option<Zval>,
    disposition: Option<Vec<u8>>,
}

impl Kind {
    /// What the name of the file says.
    pub(super) fn of(path: &[u8]) -> Self {
        let name = path.rsplit(|&byte| byte == b'/').next().unwrap_or_default();
        let kind = known_type(&extension(name));
        let is_unknown = kind
            .as_ref()
            .is_none_or(|kind| content(kind) == UNKNOWN_TYPE);
        Self {
            name: kind,
            disposition: is_unknown
                .then(|| [b"attachment; filename=\"", &file_name(name)[..], b"\""].concat()),
        }
    }

    pub(super) fn name(&self) -> &[u8] {
        self.name.as_ref().map_or(UNKNOWN_TYPE, content)
    }

    pub(super) fn disposition(&self) -> Option<&[u8]> {
        self.disposition.as_deref()
    }
}

/// The type of what is in no table.
const UNKNOWN_TYPE: &[u8] = b"application/octet-stream";

/// The type of files with an extension, as `$mimeTypeMap` has it.
pub(in crate::protocols::http) fn mime_type(extension: &[u8]) -> Vec<u8> {
    known_type(extension).map_or_else(|| UNKNOWN_TYPE.to_vec(), |kind| content(&kind).to_vec())
}

static TYPES: StaticSlot = StaticSlot::new(response::class, "mimeTypeMap");

fn known_type(extension: &[u8]) -> Option<Zval> {
    TYPES
        .with(|types| array::get_name(types, extension))
        .flatten()
}

/// What follows the last dot of a name, in lower case.
fn extension(name: &[u8]) -> Cow<'_, [u8]> {
    let dot = name.iter().rposition(|&byte| byte == b'.');
    let extension = dot.map_or(&[][..], |dot| &name[dot + 1..]);
    if extension.iter().any(u8::is_ascii_uppercase) {
        Cow::Owned(extension.to_ascii_lowercase())
    } else {
        Cow::Borrowed(extension)
    }
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
