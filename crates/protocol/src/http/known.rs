//! The fields that the protocol itself goes by.

use super::{
    Error,
    fields::{Fields, checked_field, is_named, tokens},
    host::check_host,
    request_line::Version,
};

/// What stands in a head about the message and the connection, found in one pass over its fields.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Known<'a> {
    pub(crate) host: Option<&'a [u8]>,
    content_length: Sole<'a>,
    transfer_encoding: Sole<'a>,
    /// `Connection` names `close`.
    closes: bool,
    /// `Connection` names `keep-alive`.
    keeps_alive: bool,
    expects: Expectation,
    /// The answer may depend on fields such as `Range` and `If-None-Match`.
    pub(crate) is_conditional: bool,
}

/// A field that must not come twice.
#[derive(Debug, Default, Clone, Copy)]
struct Sole<'a> {
    value: Option<&'a [u8]>,
    is_repeated: bool,
}

/// What the client waits for before it sends the body (RFC 9110 section 10.1.1).
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Expectation {
    #[default]
    Nothing,
    Continue,
    Unknown,
}

/// How the end of the body is found.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Framing {
    /// So many bytes; `None` if the number exceeds any address.
    Length(Option<usize>),
    Chunked,
}

impl<'a> Known<'a> {
    /// Checks the field lines that `lines` begins with, up to a blank one, and keeps what is known.
    pub(super) fn find(lines: &'a [u8], max_fields: usize) -> Result<(Self, Fields<'a>), Error> {
        let (mut known, mut rest, mut count) = (Self::default(), lines, 0);
        while !rest.is_empty() && !rest.starts_with(b"\r\n") {
            if count == max_fields {
                return Err(Error::TooManyFields);
            }
            count += 1;
            let field = checked_field(rest)?;
            known.note(field.name, field.value)?;
            rest = field.rest;
        }
        let fields = Fields(&lines[..lines.len() - rest.len()]);
        Ok((known, fields))
    }

    /// The length of a name says nearly always that it is none of these.
    fn note(&mut self, name: &[u8], value: &'a [u8]) -> Result<(), Error> {
        let is = |known: &[u8]| is_named(name, known);
        match name.len() {
            4 if is(b"Host") => {
                if self.host.is_some() {
                    return Err(Error::HostRepeated);
                }
                check_host(value)?;
                self.host = Some(value);
            }
            6 if is(b"Expect") => self.expect(value),
            10 if is(b"Connection") => self.connection(value),
            14 if is(b"Content-Length") => self.content_length.note(value),
            17 if is(b"Transfer-Encoding") => self.transfer_encoding.note(value),
            5 if is(b"Range") => self.is_conditional = true,
            8 if is(b"If-Range") || is(b"If-Match") => self.is_conditional = true,
            13 if is(b"If-None-Match") => self.is_conditional = true,
            17 if is(b"If-Modified-Since") => self.is_conditional = true,
            19 if is(b"If-Unmodified-Since") => self.is_conditional = true,
            _ => {}
        }
        Ok(())
    }

    fn connection(&mut self, value: &[u8]) {
        for option in tokens(value) {
            self.closes |= option.eq_ignore_ascii_case(b"close");
            self.keeps_alive |= option.eq_ignore_ascii_case(b"keep-alive");
        }
    }

    fn expect(&mut self, value: &[u8]) {
        for member in tokens(value).filter(|member| !member.is_empty()) {
            let known = member.eq_ignore_ascii_case(b"100-continue");
            self.expects = match self.expects {
                Expectation::Unknown => Expectation::Unknown,
                _ if known => Expectation::Continue,
                _ => Expectation::Unknown,
            };
        }
    }

    /// Whether the connection is to be kept when the request has been answered (RFC 9112 section 9.3).
    pub(super) const fn persists(&self, version: Version) -> bool {
        match version {
            Version::Http11 => !self.closes,
            Version::Http10 => self.keeps_alive && !self.closes,
        }
    }

    /// Whether the client waits to be told that its body is wanted. HTTP/1.0 has no expectations.
    pub(super) const fn awaits_continue(&self, version: Version) -> Result<bool, Error> {
        match (version, self.expects) {
            (Version::Http11, Expectation::Unknown) => Err(Error::Expectation),
            (Version::Http11, Expectation::Continue) => Ok(true),
            _ => Ok(false),
        }
    }

    /// Decides between `Content-Length` and `Transfer-Encoding` (RFC 9112 section 6.3), refusing all
    /// that is ambiguous.
    pub(super) fn framing(&self, version: Version) -> Result<Framing, Error> {
        match (self.content_length.value, self.transfer_encoding.value) {
            (Some(_), Some(_)) => Err(Error::AmbiguousLength),
            (None, Some(coding)) => {
                let is_chunked =
                    coding.eq_ignore_ascii_case(b"chunked") && !self.transfer_encoding.is_repeated;
                if is_chunked && version == Version::Http11 {
                    Ok(Framing::Chunked)
                } else {
                    Err(Error::TransferEncoding)
                }
            }
            (Some(_), None) if self.content_length.is_repeated => Err(Error::ContentLengthRepeated),
            (Some(digits), None) => content_length(digits).map(Framing::Length),
            (None, None) => Ok(Framing::Length(Some(0))),
        }
    }
}

impl<'a> Sole<'a> {
    fn note(&mut self, value: &'a [u8]) {
        self.is_repeated = self.value.replace(value).is_some();
    }
}

fn content_length(digits: &[u8]) -> Result<Option<usize>, Error> {
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return Err(Error::ContentLengthInvalid);
    }
    Ok(digits.iter().try_fold(0_usize, |sum, digit| {
        sum.checked_mul(10)?.checked_add(usize::from(digit - b'0'))
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(lines: &str) -> Known<'_> {
        Known::find(lines.as_bytes(), 9).unwrap().0
    }

    #[test]
    fn who_keeps_a_connection() {
        for (lines, http10, http11) in [
            ("", false, true),
            ("Connection: close\r\n", false, false),
            ("Connection: Keep-Alive\r\n", true, true),
            ("Connection: x, CLOSE\r\n", false, false),
            (
                "Connection: keep-alive\r\nConnection: close\r\n",
                false,
                false,
            ),
        ] {
            assert_eq!(known(lines).persists(Version::Http10), http10, "{lines}");
            assert_eq!(known(lines).persists(Version::Http11), http11, "{lines}");
        }
    }

    #[test]
    fn expectations() {
        for (lines, expected) in [
            ("", Ok(false)),
            ("Expect:\r\n", Ok(false)),
            ("Expect: 100-Continue\r\n", Ok(true)),
            ("Expect: 100-continue, x\r\n", Err(Error::Expectation)),
            (
                "Expect: x\r\nExpect: 100-continue\r\n",
                Err(Error::Expectation),
            ),
        ] {
            assert_eq!(known(lines).awaits_continue(Version::Http11), expected);
            assert_eq!(known(lines).awaits_continue(Version::Http10), Ok(false));
        }
    }

    #[test]
    fn fields_are_counted() {
        let lines = "A: b\r\n".repeat(10);
        assert_eq!(
            Known::find(lines.as_bytes(), 9).err(),
            Some(Error::TooManyFields)
        );
        assert!(Known::find(lines.as_bytes(), 10).is_ok());
    }
}
