//! Responses on the wire, in the byte orders that programs written for Workerman expect.

use super::chunk;
pub use super::reason::reason_phrase;

const CONTENT_TYPE: &[u8] = b"Content-Type: text/html;charset=utf-8\r\n";
const KEEP_ALIVE: &[u8] = b"Connection: keep-alive\r\n";

/// A header field, name and value. A list of values is given as several fields with one name.
pub type Field<'a> = (&'a [u8], &'a [u8]);

/// Status line and fields of a response.
///
/// What could break the head is left out rather than sent: a field whose name is empty or holds
/// `:`, CR, LF or NUL, or whose value holds CR, LF or NUL; these bytes are removed from version and
/// reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head<'a> {
    /// What follows `HTTP/`, usually `1.1`.
    pub version: &'a [u8],
    /// The status code.
    pub status: u16,
    /// Replaces the registered reason phrase, unless it is empty.
    pub reason: Option<&'a [u8]>,
    /// The fields in the order in which they go out. Their names are compared without regard to
    /// case.
    pub fields: &'a [Field<'a>],
}

impl Head<'_> {
    /// Appends the response with `body`.
    ///
    /// Without fields the order is `Content-Type, Content-Length, Connection`. With fields it is:
    /// the fields, then `Connection: keep-alive` and `Content-Type` unless given, then
    /// `Content-Length`. Exactly one `Content-Length` is sent, the computed one; a given one counts
    /// only for an empty body, because the answer to `HEAD` needs it.
    ///
    /// - `Transfer-Encoding` given: no length; a body that is not empty goes out as the first
    ///   chunk.
    /// - `Content-Type: text/event-stream` given, just so: no length and no body, the events
    ///   follow.
    /// - Status 1xx, 204 or 304: the body is left out, for the client would take it for the next
    ///   response (RFC 9112 section 6.3).
    pub fn encode(&self, body: &[u8], out: &mut Vec<u8>) {
        let body = if forbids_body(self.status) { &[] } else { body };
        out.reserve(256 + body.len());
        self.write_status_line(out);
        if self.fields.is_empty() {
            out.extend_from_slice(CONTENT_TYPE);
            write_content_length(body.len(), out);
            out.extend_from_slice(KEEP_ALIVE);
            return write_end(body, out);
        }
        write_fields(self.fields, |name| !is_content_length(name), out);
        self.write_connection(out);
        let content_type = find(self.fields, b"Content-Type");
        if content_type.is_none() {
            out.extend_from_slice(CONTENT_TYPE);
        }
        if content_type.is_some_and(|value| value.eq_ignore_ascii_case(b"text/event-stream")) {
            return write_end(&[], out);
        }
        if find(self.fields, b"Transfer-Encoding").is_some() {
            return write_first_chunk(body, out);
        }
        match find(self.fields, b"Content-Length")
            .filter(|value| body.is_empty() && is_number(value))
        {
            Some(length) => write_field((b"Content-Length", length), out),
            None => write_content_length(body.len(), out),
        }
        write_end(body, out);
    }

    /// Appends the head of a response whose body follows by other means, such as a file: the fields
    /// exactly as given, and `Connection: keep-alive` unless given. Neither type nor length are
    /// added.
    pub fn encode_head(&self, out: &mut Vec<u8>) {
        self.write_status_line(out);
        write_fields(self.fields, |_| true, out);
        self.write_connection(out);
        write_end(&[], out);
    }

    fn write_status_line(&self, out: &mut Vec<u8>) {
        let registered = || reason_phrase(self.status).unwrap_or_default().as_bytes();
        let reason = self
            .reason
            .filter(|reason| !reason.is_empty())
            .unwrap_or_else(registered);
        out.extend_from_slice(b"HTTP/");
        out.extend(self.version.iter().filter(|&&byte| !breaks_line(byte)));
        out.push(b' ');
        out.extend_from_slice(itoa::Buffer::new().format(self.status).as_bytes());
        out.push(b' ');
        out.extend(reason.iter().filter(|&&byte| !breaks_line(byte)));
        out.extend_from_slice(b"\r\n");
    }

    fn write_connection(&self, out: &mut Vec<u8>) {
        if find(self.fields, b"Connection").is_none() {
            out.extend_from_slice(KEEP_ALIVE);
        }
    }
}

/// Appends a plain string as a `200 OK` response, in the order: `extra_fields`, `Connection`,
/// `Content-Type`, `Content-Length`. An extra `Connection` or `Content-Type` stands in place of the
/// default one.
pub fn encode_text(body: &[u8], extra_fields: &[Field<'_>], out: &mut Vec<u8>) {
    out.reserve(256 + body.len());
    out.extend_from_slice(b"HTTP/1.1 200 OK\r\n");
    let is_content_type = |name: &[u8]| name.eq_ignore_ascii_case(b"Content-Type");
    write_fields(
        extra_fields,
        |name| !is_content_type(name) && !is_content_length(name),
        out,
    );
    if find(extra_fields, b"Connection").is_none() {
        out.extend_from_slice(KEEP_ALIVE);
    }
    match find(extra_fields, b"Content-Type") {
        Some(value) => write_field((b"Content-Type", value), out),
        None => out.extend_from_slice(CONTENT_TYPE),
    }
    write_content_length(body.len(), out);
    write_end(body, out);
}

/// Appends the fields that are wanted and cannot break the head.
pub(crate) fn write_fields(
    fields: &[Field<'_>],
    is_wanted: impl Fn(&[u8]) -> bool,
    out: &mut Vec<u8>,
) {
    for &field in fields
        .iter()
        .filter(|field| is_safe(field) && is_wanted(field.0))
    {
        write_field(field, out);
    }
}

fn write_field((name, value): Field<'_>, out: &mut Vec<u8>) {
    out.extend_from_slice(name);
    out.extend_from_slice(b": ");
    out.extend_from_slice(value);
    out.extend_from_slice(b"\r\n");
}

fn write_content_length(length: usize, out: &mut Vec<u8>) {
    out.extend_from_slice(b"Content-Length: ");
    out.extend_from_slice(itoa::Buffer::new().format(length).as_bytes());
    out.extend_from_slice(b"\r\n");
}

fn write_end(body: &[u8], out: &mut Vec<u8>) {
    out.extend_from_slice(b"\r\n");
    out.extend_from_slice(body);
}

/// An empty first chunk would end the body, so nothing stands for it.
fn write_first_chunk(body: &[u8], out: &mut Vec<u8>) {
    write_end(&[], out);
    if !body.is_empty() {
        chunk(body, out);
    }
}

/// The last value sent under this name.
fn find<'a>(fields: &[Field<'a>], name: &[u8]) -> Option<&'a [u8]> {
    let same_name = |field: &&Field<'a>| field.0.eq_ignore_ascii_case(name) && is_safe(field);
    fields.iter().rev().find(same_name).map(|field| field.1)
}

fn is_safe((name, value): &Field<'_>) -> bool {
    let is_name = !name.is_empty() && !name.iter().any(|&byte| breaks_line(byte) || byte == b':');
    is_name && !value.iter().any(|&byte| breaks_line(byte))
}

pub(crate) const fn breaks_line(byte: u8) -> bool {
    matches!(byte, b'\r' | b'\n' | 0)
}

fn is_content_length(name: &[u8]) -> bool {
    name.eq_ignore_ascii_case(b"Content-Length")
}

fn is_number(value: &[u8]) -> bool {
    !value.is_empty() && value.iter().all(u8::is_ascii_digit)
}

const fn forbids_body(status: u16) -> bool {
    matches!(status, 100..=199 | 204 | 304)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn response(status: u16, fields: &[(&str, &str)], body: &str) -> String {
        let fields: Vec<Field<'_>> = fields
            .iter()
            .map(|(name, value)| (name.as_bytes(), value.as_bytes()))
            .collect();
        let mut out = Vec::new();
        Head {
            version: b"1.1",
            status,
            reason: None,
            fields: &fields,
        }
        .encode(body.as_bytes(), &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn without_fields() {
        assert_eq!(
            response(404, &[], "gone"),
            "HTTP/1.1 404 Not Found\r\nContent-Type: text/html;charset=utf-8\r\n\
             Content-Length: 4\r\nConnection: keep-alive\r\n\r\ngone"
        );
    }

    #[test]
    fn with_fields() {
        assert_eq!(
            response(200, &[("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")], "hi"),
            "HTTP/1.1 200 OK\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nConnection: keep-alive\r\n\
             Content-Type: text/html;charset=utf-8\r\nContent-Length: 2\r\n\r\nhi"
        );
        assert_eq!(
            response(
                200,
                &[("content-type", "text/plain"), ("CONNECTION", "close")],
                "hi"
            ),
            "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\nCONNECTION: close\r\n\
             Content-Length: 2\r\n\r\nhi"
        );
    }

    #[test]
    fn unsafe_fields_are_left_out() {
        let fields = [
            ("A: b", "c"),
            ("D\r\nE", "f"),
            ("G", "h\nI: j"),
            ("", "k"),
            ("L", "m: n"),
        ];
        let text = response(200, &fields, "");
        assert!(
            text.starts_with("HTTP/1.1 200 OK\r\nL: m: n\r\nConnection: keep-alive\r\n"),
            "{text}"
        );
    }

    #[test]
    fn one_content_length_only() {
        let text = response(200, &[("content-length", "99")], "hi");
        assert!(
            text.ends_with("Content-Length: 2\r\n\r\nhi") && !text.contains("99"),
            "{text}"
        );
        assert!(
            response(200, &[("content-length", "99")], "")
                .ends_with("\r\nContent-Length: 99\r\n\r\n")
        );
        assert!(
            response(200, &[("Content-Length", "-1")], "")
                .ends_with("\r\nContent-Length: 0\r\n\r\n")
        );
    }

    #[test]
    fn a_transfer_encoding_makes_the_body_a_chunk() {
        let fields = [("Transfer-Encoding", "chunked"), ("Content-Length", "2")];
        let text = response(200, &fields, "hi");
        assert!(
            text.ends_with("charset=utf-8\r\n\r\n2\r\nhi\r\n") && !text.contains("Content-Length"),
            "{text}"
        );
        assert!(response(200, &fields, "").ends_with("charset=utf-8\r\n\r\n"));
    }

    #[test]
    fn an_event_stream_has_neither_length_nor_body() {
        assert_eq!(
            response(200, &[("Content-Type", "text/event-stream")], "ignored"),
            "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: keep-alive\r\n\r\n"
        );
    }

    #[test]
    fn a_status_that_has_no_body_gets_none() {
        assert!(
            response(204, &[], "x")
                .ends_with("Content-Length: 0\r\nConnection: keep-alive\r\n\r\n")
        );
        assert!(response(304, &[("ETag", "a")], "x").ends_with("Content-Length: 0\r\n\r\n"));
    }

    #[test]
    fn reason_and_version() {
        let mut out = Vec::new();
        Head {
            version: b"1.0\r\n",
            status: 299,
            reason: Some(b"Fi\r\nne"),
            fields: &[],
        }
        .encode(b"", &mut out);
        assert!(out.starts_with(b"HTTP/1.0 299 Fine\r\n"));
        assert!(response(299, &[], "").starts_with("HTTP/1.1 299 \r\n"));
    }

    #[test]
    fn a_head_alone_adds_no_type_and_no_length() {
        let mut out = Vec::new();
        let fields: [Field<'_>; 1] = [(b"Content-Length", b"12")];
        Head {
            version: b"1.1",
            status: 206,
            reason: None,
            fields: &fields,
        }
        .encode_head(&mut out);
        assert_eq!(
            out,
            b"HTTP/1.1 206 Partial Content\r\nContent-Length: 12\r\nConnection: keep-alive\r\n\r\n"
        );
    }

    #[test]
    fn a_plain_string() {
        let mut out = Vec::new();
        encode_text(
            b"hi",
            &[
                (b"X-A", b"1"),
                (b"Content-Type", b"text/plain"),
                (b"Bad\n", b"2"),
            ],
            &mut out,
        );
        let expected = "HTTP/1.1 200 OK\r\nX-A: 1\r\nConnection: keep-alive\r\n\
                        Content-Type: text/plain\r\nContent-Length: 2\r\n\r\nhi";
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }
}
