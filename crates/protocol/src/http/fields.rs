//! The field lines of a head, which requests and responses have in common.

use super::{
    Error,
    eight::{controls, equals, first_marked},
};

/// The field lines of a head, each with its CRLF.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fields<'a>(pub(super) &'a [u8]);

impl<'a> Fields<'a> {
    /// The fields in their order: name as sent, value without surrounding spaces and tabs.
    pub(crate) fn iter(self) -> impl Iterator<Item = (&'a [u8], &'a [u8])> {
        self.lines().filter_map(split_field)
    }

    /// The values of the field lines with this name.
    pub(crate) fn values(self, name: &'static [u8]) -> impl Iterator<Item = &'a [u8]> {
        self.iter()
            .filter(move |(sent, _)| sent.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
    }

    /// The value of a field that is there exactly once.
    pub(crate) fn sole_value(self, name: &'static [u8]) -> Option<&'a [u8]> {
        let mut values = self.values(name);
        let first = values.next()?;
        values.next().is_none().then_some(first)
    }

    /// Whether a comma-separated field names `token`, in any case.
    pub(crate) fn names_token(self, name: &'static [u8], token: &[u8]) -> bool {
        let mut tokens = self.values(name).flat_map(tokens);
        tokens.any(|sent| sent.eq_ignore_ascii_case(token))
    }

    pub(super) fn lines(self) -> impl Iterator<Item = &'a [u8]> {
        Lines(self.0)
    }
}

/// The members of a comma-separated list.
pub(crate) fn tokens(list: &[u8]) -> impl Iterator<Item = &[u8]> {
    list.split(|&byte| byte == b',').map(trim_blanks)
}

/// Splits `name: value`; `None` if there is no colon or the name is not a token (RFC 9110 section
/// 5.1).
pub(crate) fn split_field(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let colon = line.iter().position(|&byte| !is_token_byte(byte))?;
    (colon > 0 && line[colon] == b':').then(|| (&line[..colon], trim_blanks(&line[colon + 1..])))
}

/// Whether a field has a name, in any case. Nearly always it is written as it is here.
#[inline]
pub fn is_named(sent: &[u8], name: &[u8]) -> bool {
    sent == name || sent.eq_ignore_ascii_case(name)
}

/// A field line that kept to the grammar, and what follows it.
pub(super) struct CheckedField<'a> {
    pub(super) name: &'a [u8],
    pub(super) value: &'a [u8],
    pub(super) rest: &'a [u8],
}

/// Checks the field line that `text` begins with.
pub(super) fn checked_field(text: &[u8]) -> Result<CheckedField<'_>, Error> {
    let colon = text.iter().position(|&byte| !is_token_byte(byte));
    let Some(colon) = colon.filter(|&colon| colon > 0 && text[colon] == b':') else {
        // A control character is what is wrong with a line, wherever in it that stands.
        return Err(checked_line(text).err().unwrap_or(Error::HeaderField));
    };
    let (value, rest) = checked_line(&text[colon + 1..])?;
    Ok(CheckedField {
        name: &text[..colon],
        value: trim_blanks(value),
        rest,
    })
}

/// Splits `text` behind its first line, which CRLF ends and in which no other control character than a tab may stand.
#[inline]
pub(super) fn checked_line(text: &[u8]) -> Result<(&[u8], &[u8]), Error> {
    let (line, rest) = text.split_at(printable_length(text));
    let rest = rest.strip_prefix(b"\r\n").ok_or(Error::ControlByte)?;
    Ok((line, rest))
}

/// How many bytes stand before the first control character other than a tab.
#[inline]
fn printable_length(text: &[u8]) -> usize {
    let (many, _) = text.as_chunks::<16>();
    let mut length = 0;
    for many in many {
        if has_forbidden_byte(many) {
            break;
        }
        length += many.len();
    }
    while let Some(eight) = text.get(length..).and_then(<[u8]>::first_chunk) {
        match first_marked(controls(*eight) | equals(*eight, DELETE)) {
            8 => length += 8,
            before if eight[before] == b'\t' => length += before + 1,
            before => return length + before,
        }
    }
    let rest = &text[length..];
    let printable = rest.iter().position(|&byte| is_forbidden(byte));
    length + printable.unwrap_or(rest.len())
}

/// Removes spaces and tabs, and nothing else, from both ends (RFC 9110 section 5.6.3, "OWS").
pub(crate) fn trim_blanks(value: &[u8]) -> &[u8] {
    let is_text = |byte: &u8| !matches!(byte, b' ' | b'\t');
    let start = value.iter().position(is_text).unwrap_or(value.len());
    let end = value
        .iter()
        .rposition(is_text)
        .map_or(start, |last| last + 1);
    &value[start..end]
}

/// Whether a line, its CRLF aside, holds a control character other than a tab (RFC 9110 section 5.5).
pub(crate) fn has_forbidden_byte(line: &[u8]) -> bool {
    // Without a way out in the middle this is done many bytes at a time.
    line.iter()
        .fold(false, |found, &byte| found | is_forbidden(byte))
}

const fn is_forbidden(byte: u8) -> bool {
    (byte < b' ' && byte != b'\t') || byte == DELETE
}

pub(super) const DELETE: u8 = 0x7f;

/// The lines of a run of lines that all end in CRLF.
struct Lines<'a>(&'a [u8]);

impl<'a> Iterator for Lines<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let (line, rest) = split_line(self.0)?;
        self.0 = rest;
        Some(line)
    }
}

pub(super) fn split_line(lines: &[u8]) -> Option<(&[u8], &[u8])> {
    let line_feed = memchr::memchr(b'\n', lines)?;
    let line = &lines[..line_feed];
    Some((
        line.strip_suffix(b"\r").unwrap_or(line),
        &lines[line_feed + 1..],
    ))
}

/// `tchar` of RFC 9110 section 5.6.2.
pub(crate) fn is_token_byte(byte: u8) -> bool {
    TOKEN_BYTES[usize::from(byte)]
}

/// One look-up per byte of a field name: this is on the path of every request.
const TOKEN_BYTES: [bool; 256] = {
    let mut table = [false; 256];
    let symbols = b"!#$%&'*+-.^_`|~";
    let mut byte = 0;
    while byte < table.len() {
        table[byte] = (byte as u8).is_ascii_alphanumeric();
        byte += 1;
    }
    let mut symbol = 0;
    while symbol < symbols.len() {
        table[symbols[symbol] as usize] = true;
        symbol += 1;
    }
    table
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn field_names_are_tokens() {
        assert_eq!(split_field(b"a:b"), Some((&b"a"[..], &b"b"[..])));
        assert_eq!(
            split_field(b"X-Y_z:\t b c \t"),
            Some((&b"X-Y_z"[..], &b"b c"[..]))
        );
        assert_eq!(split_field(b"a:"), Some((&b"a"[..], &b""[..])));
        for invalid in [
            "", ":", ":a", "a", "a :b", " a:b", "\ta:b", "a b:c", "\u{e9}:a", "a(b):c",
        ] {
            assert_eq!(split_field(invalid.as_bytes()), None, "{invalid}");
        }
    }
}
