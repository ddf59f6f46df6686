//! What a file says of itself in the head of a response.

use ouvrier_protocol::http::response::Field;

use super::{add_unless_given, given, kind::Kind, source::Source};
use crate::protocols::http::date;

/// What later requests can compare with, and what browsers are to make of it.
pub(super) struct Label {
    kind: Kind,
    validators: Option<Validators>,
}

struct Validators {
    modified: date::Text,
    etag: Vec<u8>,
}

impl Label {
    /// That of the file at `path`, which says more of it where it could be opened.
    pub(super) fn of(path: &[u8], source: Option<&Source>) -> Self {
        let validators = source.and_then(|source| {
            Some(Validators {
                modified: date::text(source.seconds()?),
                etag: source.etag(),
            })
        });
        Self {
            kind: Kind::of(path),
            validators,
        }
    }

    /// Adds to the fields of a response with a file what they do not say.
    pub(super) fn complete<'a>(&'a self, fields: &mut Vec<Field<'a>>) {
        add_unless_given(fields, b"Connection", b"keep-alive");
        if given(fields, b"Content-Type").is_none() {
            fields.push((b"Content-Type", self.kind.name()));
            if let Some(disposition) = self.kind.disposition() {
                add_unless_given(fields, b"Content-Disposition", disposition);
            }
        }
        self.validate(fields);
    }

    /// Adds what later requests can compare with.
    pub(super) fn validate<'a>(&'a self, fields: &mut Vec<Field<'a>>) {
        if let Some(validators) = &self.validators {
            add_unless_given(fields, b"Last-Modified", &validators.modified);
            add_unless_given(fields, b"ETag", &validators.etag);
        }
    }
}
