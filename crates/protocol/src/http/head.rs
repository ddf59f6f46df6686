//! The strict check of a request head, shared by HTTP requests and websocket handshakes.

use super::{
    Error,
    fields::{Fields, has_forbidden_byte, split_field, split_line},
};

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
    pub(crate) fields: Fields<'a>,
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
            fields: Fields(field_lines),
        };
        checked.check_fields()?;
        Ok(checked)
    }

    fn check_fields(self) -> Result<(), Error> {
        let mut host_seen = false;
        for line in self.fields.lines() {
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
