//! Compressed responses (RFC 9110 sections 8.4 and 12.5.3): whether a client wants one, and what becomes of the response.
//!
//! The coding is gzip: whoever knows another knows this one.

use std::io::{self, Write};

use flate2::{Compression, write::GzEncoder};

use super::fields::{tokens, trim_blanks};

/// A header field that owns its bytes.
type OwnedField = (Vec<u8>, Vec<u8>);

/// What the client of a response accepts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terms {
    /// It takes gzip.
    pub accepted: bool,
    /// Bytes from which a body is worth it.
    pub least: usize,
}

/// Compresses the `body` of a response if that is allowed and worth it, and has `fields` say so. What does not depend on the client is said to
/// every client: that the response varies.
///
/// A response is left alone that has no body to speak of, is a part of something, is coded or sent in chunks already, or whose type is not known
/// to be text. An entity tag becomes a weak one, since the bytes are not those that it was given for.
pub fn compress(
    status: u16,
    fields: &mut Vec<OwnedField>,
    body: &[u8],
    terms: Terms,
) -> Option<Vec<u8>> {
    if body.len() < terms.least || !may_be_compressed(status, fields) {
        return None;
    }
    vary(fields);
    if !terms.accepted {
        return None;
    }
    let compressed = gzip(body)
        .ok()
        .filter(|compressed| compressed.len() < body.len())?;
    for (_, tag) in fields.iter_mut().filter(|(name, _)| is(name, b"ETag")) {
        if tag.starts_with(b"\"") {
            tag.splice(..0, *b"W/");
        }
    }
    fields.push((b"Content-Encoding".to_vec(), b"gzip".to_vec()));
    Some(compressed)
}

/// Whether `Accept-Encoding` prefers gzip to nothing. Without the field a client gets what it always got.
pub fn accepts_gzip(accept_encoding: &[u8]) -> bool {
    let (mut gzip, mut others, mut identity) = (None, None, None);
    for member in tokens(accept_encoding) {
        let mut parts = member.split(|&byte| byte == b';').map(trim_blanks);
        let coding = parts.next().unwrap_or_default();
        let Some(quality) = quality(parts) else {
            continue;
        };
        if is(coding, b"gzip") || is(coding, b"x-gzip") {
            gzip = gzip.max(Some(quality));
        } else if is(coding, b"identity") {
            identity = Some(quality);
        } else if coding == b"*" {
            others = Some(quality);
        }
    }
    let gzip = gzip.or(others).unwrap_or(0);
    gzip > 0 && gzip >= identity.unwrap_or(0)
}

/// The weight of a member in thousandths; `None` for one that is none (RFC 9110 section 12.4.2).
fn quality<'a>(mut parameters: impl Iterator<Item = &'a [u8]>) -> Option<u16> {
    let Some(weight) = parameters.next() else {
        return Some(1000);
    };
    let digits = match weight {
        [b'q' | b'Q', b'=', digits @ ..] if parameters.next().is_none() => digits,
        _ => return None,
    };
    let (whole, fraction) = match digits {
        [whole] => (whole, &[][..]),
        [whole, b'.', fraction @ ..] => (whole, fraction),
        _ => return None,
    };
    if fraction.len() > 3 || !fraction.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let digit = |at: usize| u16::from(fraction.get(at).unwrap_or(&b'0') - b'0');
    let thousandths = 100 * digit(0) + 10 * digit(1) + digit(2);
    match whole {
        b'0' => Some(thousandths),
        b'1' if thousandths == 0 => Some(1000),
        _ => None,
    }
}

fn may_be_compressed(status: u16, fields: &[OwnedField]) -> bool {
    if matches!(status, 100..=199 | 204 | 206 | 304) {
        return false;
    }
    let mut kind = &b"text/html"[..];
    for (name, value) in fields {
        let forbids = [
            &b"Content-Encoding"[..],
            b"Transfer-Encoding",
            b"Content-Range",
        ];
        if forbids.iter().any(|forbidding| is(name, forbidding)) {
            return false;
        }
        if is(name, b"Cache-Control") && tokens(value).any(|token| is(token, b"no-transform")) {
            return false;
        }
        if is(name, b"Content-Type") {
            kind = value;
        }
    }
    is_text(kind)
}

/// Whether a type is text, whatever it is called. An event stream is text that nobody may keep for later.
fn is_text(content_type: &[u8]) -> bool {
    let kind = content_type
        .split(|&byte| byte == b';')
        .next()
        .map(trim_blanks)
        .unwrap_or_default()
        .to_ascii_lowercase();
    let known: [&[u8]; 8] = [
        b"application/json",
        b"application/javascript",
        b"application/xml",
        b"application/x-javascript",
        b"application/x-ndjson",
        b"application/wasm",
        b"application/manifest+json",
        b"image/svg+xml",
    ];
    kind != b"text/event-stream"
        && (kind.starts_with(b"text/")
            || kind.ends_with(b"+json")
            || kind.ends_with(b"+xml")
            || known.contains(&kind.as_slice()))
}

/// Tells caches that the response depends on the request (RFC 9110 section 12.5.5).
fn vary(fields: &mut Vec<OwnedField>) {
    const NAME: &[u8] = b"Accept-Encoding";
    let is_said = |value: &[u8]| tokens(value).any(|token| token == b"*" || is(token, NAME));
    let mut said = fields.iter_mut().filter(|(name, _)| is(name, b"Vary"));
    let Some((_, first)) = said.next() else {
        fields.push((b"Vary".to_vec(), NAME.to_vec()));
        return;
    };
    if !is_said(first) && !said.any(|(_, value)| is_said(value)) {
        if !first.is_empty() {
            first.extend_from_slice(b", ");
        }
        first.extend_from_slice(NAME);
    }
}

/// A response is compressed once and read once, so the fastest way it is.
fn gzip(body: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(body.len() / 4), Compression::fast());
    encoder.write_all(body)?;
    encoder.finish()
}

fn is(name: &[u8], other: &[u8]) -> bool {
    name.eq_ignore_ascii_case(other)
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use flate2::read::GzDecoder;

    use super::*;

    const TERMS: Terms = Terms {
        accepted: true,
        least: 100,
    };

    fn fields(fields: &[(&str, &str)]) -> Vec<OwnedField> {
        let owned = |text: &str| text.as_bytes().to_vec();
        fields
            .iter()
            .map(|(name, value)| (owned(name), owned(value)))
            .collect()
    }

    #[test]
    fn weights_decide() {
        for (accepted, field) in [
            (true, "gzip"),
            (true, "GZIP"),
            (true, "x-gzip"),
            (true, "deflate, gzip, br"),
            (true, "br;q=1.0, gzip;q=0.8, *;q=0.1"),
            (true, "*"),
            (true, "identity;q=0.5, *;q=0.6"),
            (true, "gzip;q=0.001"),
            (true, "gzip ; q=1.000"),
            (true, "gzip;q=1, identity;q=1"),
            (true, "gzip;Q=1."),
            (false, ""),
            (false, "gzip;q=0."),
            (false, "identity"),
            (false, "br"),
            (false, "gzip;q=0"),
            (false, "gzip;q=0.000"),
            (false, "gzip;q=0, *"),
            (false, "*;q=0"),
            (false, "identity, gzip;q=0.5"),
            (false, "gzip;q=2"),
            (false, "gzip;q=1.001"),
            (false, "gzip;q=0.1234"),
            (false, "gzip;q=-1"),
            (false, "gzip;q="),
            (false, "gzip;q=1;x"),
            (false, "gzipped"),
            (false, "notgzip, gzi p"),
        ] {
            assert_eq!(accepts_gzip(field.as_bytes()), accepted, "{field}");
        }
    }

    #[test]
    fn text_is_compressed_and_the_fields_say_so() {
        let body = "hello ".repeat(100);
        let mut all = fields(&[("ETag", "\"a\""), ("vary", "Origin"), ("Etag", "W/\"b\"")]);
        let compressed = compress(200, &mut all, body.as_bytes(), TERMS).unwrap();
        let mut plain = String::new();
        GzDecoder::new(&compressed[..])
            .read_to_string(&mut plain)
            .unwrap();
        assert_eq!(plain, body);
        let expected = [
            ("ETag", "W/\"a\""),
            ("vary", "Origin, Accept-Encoding"),
            ("Etag", "W/\"b\""),
            ("Content-Encoding", "gzip"),
        ];
        assert_eq!(all, fields(&expected));
    }

    #[test]
    fn a_client_that_does_not_want_it_is_told_that_others_might() {
        let terms = Terms {
            accepted: false,
            ..TERMS
        };
        let mut all = fields(&[("Vary", "a"), ("Vary", "accept-encoding")]);
        let before = all.clone();
        assert_eq!(compress(200, &mut all, &[b'x'; 200], terms), None);
        assert_eq!(all, before);
        let mut all = Vec::new();
        assert_eq!(compress(200, &mut all, &[b'x'; 200], terms), None);
        assert_eq!(all, fields(&[("Vary", "Accept-Encoding")]));
    }

    #[test]
    fn some_responses_are_left_alone() {
        for (status, given) in [
            (204, ("X", "y")),
            (206, ("X", "y")),
            (304, ("X", "y")),
            (200, ("content-encoding", "br")),
            (200, ("Transfer-Encoding", "chunked")),
            (200, ("Content-Range", "bytes 0-9/10")),
            (200, ("Cache-Control", "public, No-Transform")),
            (200, ("Content-Type", "image/png")),
            (200, ("Content-Type", "text/event-stream")),
            (200, ("Content-Type", "application/octet-stream")),
        ] {
            let mut all = fields(&[given]);
            assert_eq!(compress(status, &mut all, &[b'x'; 200], TERMS), None);
            assert_eq!(all, fields(&[given]), "{given:?}");
        }
        let mut none = Vec::new();
        assert_eq!(compress(200, &mut none, &[b'x'; 99], TERMS), None);
        assert!(none.is_empty());
    }

    #[test]
    fn what_does_not_become_smaller_stays() {
        let mut state = 1_u64;
        let noise: Vec<u8> = std::iter::repeat_with(|| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            (state >> 56) as u8
        })
        .take(500)
        .collect();
        let mut all = fields(&[("Content-Type", "text/plain")]);
        assert_eq!(compress(200, &mut all, &noise, TERMS), None);
        assert!(!all.iter().any(|(name, _)| is(name, b"Content-Encoding")));
    }

    #[test]
    fn types_that_are_text() {
        for text in [
            "text/html; charset=utf-8",
            "Application/JSON",
            "application/problem+json",
            "image/svg+xml",
        ] {
            assert!(is_text(text.as_bytes()), "{text}");
        }
        assert!(!is_text(b"application/zip"));
    }
}
