//! The strict check of a request head, shared by HTTP requests and websocket handshakes.

use std::borrow::Cow;

pub(crate) use super::request_line::Version;
use super::{
    Error,
    fields::{Fields, checked_line, split_line},
    known::Known,
    request_line::{RequestLine, Target},
};

const BLANK_LINE: &[u8] = b"\r\n";

/// A head that kept to the grammar: request line, field lines, forbidden bytes and `Host`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Head<'a> {
    pub(crate) method: &'a [u8],
    pub(crate) version: Version,
    pub(crate) fields: Fields<'a>,
    pub(super) known: Known<'a>,
    /// Its bytes, blank line included.
    pub(super) length: usize,
    target: Target<'a>,
}

impl<'a> Head<'a> {
    /// Checks the head that `input` begins with, in one pass. Where its end is not there, the error is any.
    #[inline]
    pub(crate) fn read(
        input: &'a [u8],
        max_target: usize,
        max_fields: usize,
    ) -> Result<Self, Error> {
        let (line, lines) = checked_line(input)?;
        let line = RequestLine::check(line, max_target)?;
        let (known, fields) = Known::find(lines, max_fields)?;
        let body = lines[fields.0.len()..].strip_prefix(BLANK_LINE);
        let checked = Self {
            length: input.len() - body.ok_or(Error::HeaderField)?.len(),
            method: line.method,
            version: line.version,
            fields,
            known,
            target: line.target,
        };
        checked.check_host()?;
        Ok(checked)
    }

    fn check_host(&self) -> Result<(), Error> {
        match (self.known.host, self.target) {
            (None, _) if self.version == Version::Http11 => Err(Error::HostMissing),
            (Some(host), Target::Absolute(target)) if !target.agrees_with(host) => {
                Err(Error::HostMismatch)
            }
            _ => Ok(()),
        }
    }

    /// The head as it goes to the script, given its bytes: an absolute target is in origin form, so that nobody has
    /// to tell them apart, and its host is in `Host`.
    pub(super) fn in_origin_form(&self, head: &'a [u8]) -> Cow<'a, [u8]> {
        let Target::Absolute(target) = self.target else {
            return Cow::Borrowed(head);
        };
        let (line, fields) = split_line(head).unwrap_or((head, &[]));
        let version = line.rsplit(|&byte| byte == b' ').next();
        let mut out = Vec::with_capacity(head.len() + 1);
        out.extend_from_slice(self.method);
        out.push(b' ');
        target.write_origin_form(self.method, &mut out);
        out.push(b' ');
        out.extend_from_slice(version.unwrap_or_default());
        out.extend_from_slice(b"\r\n");
        if self.known.host.is_none() {
            target.write_host(&mut out);
        }
        out.extend_from_slice(fields);
        Cow::Owned(out)
    }
}
