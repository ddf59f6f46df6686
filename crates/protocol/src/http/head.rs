//! The strict check of a request head, shared by HTTP requests and websocket handshakes.

use super::Error;

/// The minor version of HTTP/1.x.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Version {
    Http10,
    Http11,
}

/// A head that kept to the grammar: request line, field lines, forbidden bytes and `Host`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Head<'a> {
    pub(crate) method: &'a [u8],
    pub(crate) version: Version,
    /// The field lines, each with its CRLF.
    field_lines: &'a [u8],
}

impl<'a> Head<'a> {
    /// Checks a head as [`super::HeadEnd`] delimits it, blank line included.
    pub(crate) fn check(head: &'a [u8]) -> Result<Self, Error> {
        let lines = head.strip_suffix(b"\r\n").unwrap_or(head);
        let (request_line, field_lines) = split_line(lines).ok_or(Error::RequestLine)?;
        let (method, version) = check_request_line(request_line)?;
        let checked = Self {
            method,
            version,
            field_lines,
        };
        checked.check_fields()?;
        Ok(checked)
    }

    /// The fields in their order: name as sent, value without surrounding spaces and tabs.
    pub(crate) fn fields(self) -> impl Iterator<Item = (&'a [u8], &'a [u8])> {
        Lines(self.field_lines).filter_map(split_field)
    }

    /// The values of the field lines with this name.
    pub(crate) fn values(self, name: &'static [u8]) -> impl Iterator<Item = &'a [u8]> {
        self.fields()
            .filter(move |(sent, _)| sent.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
    }

    fn check_fields(self) -> Result<(), Error> {
        let mut host_seen = false;
        for line in Lines(self.field_lines) {
            if has_forbidden_byte(line) {
                return Err(Error::ControlByte);
            }
            let (name, value) = split_field(line).ok_or(Error::HeaderField)?;
            if name.eq_ignore_ascii_case(b"host") {
                if host_seen {
                    return Err(Error::HostRepeated);
                }
                check_host(value)?;
                host_seen = true;
            }
        }
        if self.version == Version::Http11 && !host_seen {
            Err(Error::HostMissing)
        } else {
            Ok(())
        }
    }
}

/// Splits `name: value`; `None` if there is no colon or the name is not a token (RFC 9110 section
/// 5.1).
pub(crate) fn split_field(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let colon = line.iter().position(|&byte| !is_token_byte(byte))?;
    (colon > 0 && line[colon] == b':').then(|| (&line[..colon], trim_blanks(&line[colon + 1..])))
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
    (byte < b' ' && byte != b'\t') || byte == 0x7f
}

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

fn split_line(lines: &[u8]) -> Option<(&[u8], &[u8])> {
    let line_feed = memchr::memchr(b'\n', lines)?;
    let line = &lines[..line_feed];
    Some((
        line.strip_suffix(b"\r").unwrap_or(line),
        &lines[line_feed + 1..],
    ))
}

/// `METHOD SP origin-form SP HTTP/1.x`, with the methods that Workerman knows.
fn check_request_line(line: &[u8]) -> Result<(&[u8], Version), Error> {
    if has_forbidden_byte(line) {
        return Err(Error::ControlByte);
    }
    let mut words = line.split(|&byte| byte == b' ');
    let (Some(method), Some(target), Some(version), None) =
        (words.next(), words.next(), words.next(), words.next())
    else {
        return Err(Error::RequestLine);
    };
    if !is_known_method(method) || !is_origin_form(target) {
        return Err(Error::RequestLine);
    }
    match version {
        b"HTTP/1.1" => Ok((method, Version::Http11)),
        b"HTTP/1.0" => Ok((method, Version::Http10)),
        _ => Err(Error::Version),
    }
}

fn is_known_method(method: &[u8]) -> bool {
    matches!(
        method,
        b"GET" | b"POST" | b"OPTIONS" | b"HEAD" | b"DELETE" | b"PUT" | b"PATCH"
    )
}

fn is_origin_form(target: &[u8]) -> bool {
    target.first() == Some(&b'/') && target.iter().all(|&byte| byte > b' ' && byte != 0x7f)
}

/// `uri-host [":" port]`: a name or an address in brackets, and digits (RFC 9110 section 7.2).
fn check_host(value: &[u8]) -> Result<(), Error> {
    let (host_is_valid, port) = match value.strip_prefix(b"[") {
        Some(bracketed) => {
            let end = bracketed.iter().position(|&byte| byte == b']').unwrap_or(0);
            (
                end > 0 && bracketed[..end].iter().all(|&byte| is_address_byte(byte)),
                bracketed.get(end + 1..).unwrap_or_default(),
            )
        }
        None => {
            let end = value
                .iter()
                .position(|&byte| byte == b':')
                .unwrap_or(value.len());
            (
                end > 0 && value[..end].iter().all(|&byte| is_host_byte(byte)),
                &value[end..],
            )
        }
    };
    let port_is_valid = match port.strip_prefix(b":") {
        Some(digits) => !digits.is_empty() && digits.iter().all(u8::is_ascii_digit),
        None => port.is_empty(),
    };
    if host_is_valid && port_is_valid {
        Ok(())
    } else {
        Err(Error::HostInvalid)
    }
}

/// A byte of `reg-name` (RFC 3986 section 3.2.2).
const fn is_host_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(
            byte,
            b'-' | b'.' | b'_' | b'~' | b'%' | b'!' | b'$' | b'&'..=b',' | b';' | b'='
        )
}

/// A byte of an IPv6 address with its zone, or of an address of the future (RFC 3986 section 3.2.2, RFC 6874).
const fn is_address_byte(byte: u8) -> bool {
    is_host_byte(byte) || byte == b':'
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
    fn hosts() {
        for valid in [
            "a",
            "a:80",
            "a.b-c_d",
            "127.0.0.1:8080",
            "[::1]",
            "[::1]:443",
            "[::ffff:1.2.3.4]",
            "[fe80::1%25eth0]",
        ] {
            assert_eq!(check_host(valid.as_bytes()), Ok(()), "{valid}");
        }
        for invalid in [
            "", ":80", "a:", "a:b", "a:8 0", "a b", "a/b", "[]", "[::1", "[::1]x", "[::1]:", "::1",
            "a]", "a@b", "a?", "a\\b", "a\u{7}", "[a b]", "\u{e9}",
        ] {
            assert_eq!(
                check_host(invalid.as_bytes()),
                Err(Error::HostInvalid),
                "{invalid}"
            );
        }
    }

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

    #[test]
    fn request_lines() {
        assert_eq!(
            check_request_line(b"GET /a?b HTTP/1.0"),
            Ok((&b"GET"[..], Version::Http10))
        );
        for invalid in [
            "",
            "GET",
            "GET /",
            "GET / HTTP/1.1 ",
            "GET  / HTTP/1.1",
            "get / HTTP/1.1",
            "GET * HTTP/1.1",
        ] {
            assert_eq!(
                check_request_line(invalid.as_bytes()),
                Err(Error::RequestLine),
                "{invalid}"
            );
        }
        for invalid in [
            "GET / HTTP/1.2",
            "GET / http/1.1",
            "GET / HTTP/2.0",
            "GET / HTTP/1.10",
        ] {
            assert_eq!(
                check_request_line(invalid.as_bytes()),
                Err(Error::Version),
                "{invalid}"
            );
        }
    }
}
