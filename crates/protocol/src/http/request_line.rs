//! The first line of a request (RFC 9112 section 3).

use super::{
    Error,
    eight::{controls, equals, has_byte},
    fields::{DELETE, is_token_byte},
    host::{check_host, is_same_host},
};

/// The minor version of HTTP/1.x. One that is higher than 1 is spoken to as 1 (RFC 9110 section 2.5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Version {
    Http10,
    Http11,
}

/// Bytes of the longest request line apart from its target: `OPTIONS`, the version, two spaces.
pub(super) const AROUND_TARGET: usize = 17;

/// A request line that kept to the grammar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RequestLine<'a> {
    pub(crate) method: &'a [u8],
    pub(crate) target: Target<'a>,
    pub(crate) version: Version,
}

/// The forms of a request target that an origin server answers to (RFC 9112 section 3.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Target<'a> {
    /// `/path?query`.
    Origin,
    /// `*`, for `OPTIONS`.
    Asterisk,
    /// `http://host/path?query`.
    Absolute(Absolute<'a>),
}

/// A target that names its host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Absolute<'a> {
    default_port: &'static [u8],
    authority: &'a [u8],
    /// What an origin-form target would be, apart from a missing `/`.
    rest: &'a [u8],
}

impl<'a> RequestLine<'a> {
    /// `METHOD SP target SP HTTP/1.x`, with the methods that Workerman knows. There are no control characters in the line, tabs aside.
    pub(super) fn check(line: &'a [u8], max_target: usize) -> Result<Self, Error> {
        let (method, target, version) = words(line).ok_or(Error::RequestLine)?;
        if target.len() > max_target {
            return Err(Error::TargetTooLong);
        }
        let version = check_version(version)?;
        check_method(method)?;
        Ok(Self {
            method,
            target: check_target(method, target)?,
            version,
        })
    }
}

impl Absolute<'_> {
    /// The host of the target and that of the field must be the same one: whoever looked at the other one before us has seen another request.
    pub(super) fn agrees_with(&self, host: &[u8]) -> bool {
        is_same_host(self.authority, host, self.default_port)
    }

    /// Appends the host as a field, for an HTTP/1.0 request that has none.
    pub(super) fn write_host(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&[b"Host: ", self.authority, b"\r\n"].concat());
    }

    /// Appends the target in origin form, or as `*` where only the host was named to `OPTIONS` (RFC 9112 section 3.2.4).
    pub(super) fn write_origin_form(&self, method: &[u8], out: &mut Vec<u8>) {
        match self.rest {
            [] if method == b"OPTIONS" => out.push(b'*'),
            [b'/', ..] => out.extend_from_slice(self.rest),
            rest => {
                out.push(b'/');
                out.extend_from_slice(rest);
            }
        }
    }
}

/// The three words of a line, with a space between them.
fn words(line: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let first = line.iter().position(|&byte| byte == b' ')?;
    let (method, rest) = (&line[..first], &line[first + 1..]);
    let second = memchr::memchr(b' ', rest)?;
    let (target, version) = (&rest[..second], &rest[second + 1..]);
    let is_last = !has_byte(version, |eight| equals(eight, b' '));
    is_last.then_some((method, target, version))
}

fn check_version(version: &[u8]) -> Result<Version, Error> {
    match version {
        b"HTTP/1.0" => Ok(Version::Http10),
        [b'H', b'T', b'T', b'P', b'/', b'1', b'.', b'1'..=b'9'] => Ok(Version::Http11),
        [b'H', b'T', b'T', b'P', b'/', b'0'..=b'9', b'.', b'0'..=b'9'] => Err(Error::Version),
        _ => Err(Error::RequestLine),
    }
}

fn check_method(method: &[u8]) -> Result<(), Error> {
    match method {
        b"GET" | b"POST" | b"OPTIONS" | b"HEAD" | b"DELETE" | b"PUT" | b"PATCH" => Ok(()),
        [] => Err(Error::RequestLine),
        _ if method.iter().all(|&byte| is_token_byte(byte)) => Err(Error::Method),
        _ => Err(Error::RequestLine),
    }
}

fn check_target<'a>(method: &[u8], target: &'a [u8]) -> Result<Target<'a>, Error> {
    match target {
        [b'/', rest @ ..] if is_uri(rest) => Ok(Target::Origin),
        b"*" if method == b"OPTIONS" => Ok(Target::Asterisk),
        _ => absolute(target).map(Target::Absolute),
    }
}

fn absolute(target: &[u8]) -> Result<Absolute<'_>, Error> {
    let (default_port, hierarchy): (&[u8], _) = match without_scheme(target, b"http://") {
        Some(hierarchy) => (b"80", hierarchy),
        None => (
            b"443",
            without_scheme(target, b"https://").ok_or(Error::RequestLine)?,
        ),
    };
    let end = hierarchy
        .iter()
        .position(|byte| matches!(byte, b'/' | b'?'));
    let (authority, rest) = hierarchy.split_at(end.unwrap_or(hierarchy.len()));
    if check_host(authority).is_err() || !is_uri(rest) {
        return Err(Error::RequestLine);
    }
    Ok(Absolute {
        default_port,
        authority,
        rest,
    })
}

fn without_scheme<'a>(target: &'a [u8], scheme: &[u8]) -> Option<&'a [u8]> {
    let (start, rest) = target.split_at_checked(scheme.len())?;
    start.eq_ignore_ascii_case(scheme).then_some(rest)
}

/// Raw bytes above ASCII are let through, as Workerman does. A fragment is no part of a request target (RFC 9112 section 3.2): some who read one cut it
/// off, others take it for a part of the path.
fn is_uri(text: &[u8]) -> bool {
    !has_byte(text, |eight| {
        controls(eight) | equals(eight, b' ') | equals(eight, b'#') | equals(eight, DELETE)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(line: &str) -> Result<RequestLine<'_>, Error> {
        RequestLine::check(line.as_bytes(), 64)
    }

    #[test]
    fn what_is_malformed_what_is_unknown_and_what_is_too_new() {
        for (line, error) in [
            ("", Error::RequestLine),
            ("GET", Error::RequestLine),
            ("GET /", Error::RequestLine),
            ("GET / HTTP/1.1 ", Error::RequestLine),
            ("GET  / HTTP/1.1", Error::RequestLine),
            (" / HTTP/1.1", Error::RequestLine),
            ("G(T / HTTP/1.1", Error::RequestLine),
            ("GET * HTTP/1.1", Error::RequestLine),
            ("GET / http/1.1", Error::RequestLine),
            ("GET / HTTP/1.10", Error::RequestLine),
            ("GET / HTTP/2.0", Error::Version),
            ("PRI * HTTP/2.0", Error::Version),
            ("get / HTTP/1.1", Error::Method),
            ("CONNECT a:80 HTTP/1.1", Error::Method),
        ] {
            assert_eq!(check(line), Err(error), "{line}");
        }
        assert_eq!(
            check(&format!("GET /{} HTTP/1.1", "a".repeat(64))),
            Err(Error::TargetTooLong)
        );
        assert_eq!(check("GET / HTTP/1.9").unwrap().version, Version::Http11);
    }

    #[test]
    fn an_absolute_target_in_origin_form() {
        for (line, expected) in [
            ("GET http://a/b?c HTTP/1.1", "/b?c"),
            ("GET HTTPS://A:443?c HTTP/1.1", "/?c"),
            ("GET http://a HTTP/1.1", "/"),
            ("OPTIONS http://a HTTP/1.1", "*"),
            ("OPTIONS http://a/ HTTP/1.1", "/"),
        ] {
            let checked = check(line).unwrap();
            let Target::Absolute(absolute) = checked.target else {
                panic!("{line}")
            };
            let mut out = Vec::new();
            absolute.write_origin_form(checked.method, &mut out);
            assert_eq!(out, expected.as_bytes(), "{line}");
            assert!(absolute.agrees_with(b"a"), "{line}");
        }
        for invalid in [
            "http:///",
            "http://u@a/",
            "ftp://a/",
            "http:/a",
            "a",
            "a:80",
        ] {
            assert_eq!(
                check(&format!("GET {invalid} HTTP/1.1")),
                Err(Error::RequestLine),
                "{invalid}"
            );
        }
    }
}
