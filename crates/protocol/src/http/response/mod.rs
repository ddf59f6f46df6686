//! Responses on the wire, in the byte orders that programs written for Workerman expect.

mod field;
mod occasion;
mod text;

pub(crate) use self::field::{breaks_line, write_fields};
use self::field::{
    find, is_connection, is_content_length, is_number, is_transfer_encoding, is_well_formed,
    write_content_length, write_field, write_in_line,
};
pub use self::{field::Field, occasion::Occasion, text::encode_text};
use super::{chunk, fields::tokens};
pub use super::{fields::is_named, reason::reason_phrase};

/// Bytes that most heads fit into.
const USUAL_HEAD: usize = 256;
const CONTENT_TYPE: &[u8] = b"Content-Type: text/html;charset=utf-8\r\n";
const KEEP_ALIVE: &[u8] = b"Connection: keep-alive\r\n";
const CLOSE: &[u8] = b"Connection: close\r\n";

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
    /// What it answers.
    pub occasion: Occasion<'a>,
}

impl Head<'_> {
    /// Appends the response with `body`.
    ///
    /// Without fields the order is `Content-Type, Content-Length, Connection`. With fields it is:
    /// the fields, then `Connection: keep-alive` and `Content-Type` unless given, then
    /// `Content-Length`. Exactly one `Connection` and one `Content-Length` are sent. The length is
    /// the computed one; a given one counts only for an empty body, because the answer to `HEAD`
    /// needs it.
    ///
    /// - `Transfer-Encoding` given: no length; a body that is not empty goes out as the first
    ///   chunk, or as it is to a client that does not know chunks.
    /// - `Content-Type: text/event-stream` given, just so: no length and no body, the events
    ///   follow.
    /// - Status 1xx, 204 or 304: no body, and nothing that would describe one (RFC 9110 section
    ///   8.6). 205: no body.
    pub fn encode(&self, body: &[u8], out: &mut Vec<u8>) {
        out.reserve(USUAL_HEAD + body.len());
        self.write_status_line(out);
        if forbids_body(self.status) {
            return self.write_bodiless(out);
        }
        let body = if self.status == 205 { &[] } else { body };
        if self.fields.is_empty() {
            out.extend_from_slice(CONTENT_TYPE);
            write_content_length(body.len(), out);
            self.write_default_connection(out);
            return self.write_end(body, out);
        }
        let coding = find(self.fields, b"Transfer-Encoding");
        let content_type = find(self.fields, b"Content-Type");
        let leaves_coding = self.occasion.unchunked;
        let says_connection = self.write_fields(
            |name| !(is_content_length(name) || leaves_coding && is_transfer_encoding(name)),
            out,
        );
        if !says_connection {
            self.write_default_connection(out);
        }
        if content_type.is_none() {
            out.extend_from_slice(CONTENT_TYPE);
        }
        if content_type.is_some_and(|value| value.eq_ignore_ascii_case(b"text/event-stream")) {
            return self.write_end(&[], out);
        }
        if coding.is_some() {
            return self.write_first_chunk(body, out);
        }
        match find(self.fields, b"Content-Length")
            .filter(|value| body.is_empty() && is_number(value))
        {
            Some(length) => write_field((b"Content-Length", length), out),
            None => write_content_length(body.len(), out),
        }
        self.write_end(body, out);
    }

    /// Appends the head of a response whose body follows by other means, such as a file: the fields
    /// as given, with one `Connection`. Neither type nor length are added.
    pub fn encode_head(&self, out: &mut Vec<u8>) {
        // A file has more to say of itself.
        out.reserve(2 * USUAL_HEAD);
        self.write_status_line(out);
        if !self.write_fields(|_| true, out) {
            self.write_default_connection(out);
        }
        out.extend_from_slice(b"\r\n");
    }

    /// Status line and `Date`, which comes first, so that what programs expect at the end stays there.
    fn write_status_line(&self, out: &mut Vec<u8>) {
        if self.is_usual() {
            out.extend_from_slice(b"HTTP/1.1 200 OK\r\n");
            return self.write_date(out);
        }
        let registered = || reason_phrase(self.status).unwrap_or_default().as_bytes();
        let reason = self
            .reason
            .filter(|reason| !reason.is_empty())
            .unwrap_or_else(registered);
        out.extend_from_slice(b"HTTP/");
        write_in_line(self.version, out);
        out.push(b' ');
        out.extend_from_slice(itoa::Buffer::new().format(self.status).as_bytes());
        out.push(b' ');
        write_in_line(reason, out);
        out.extend_from_slice(b"\r\n");
        self.write_date(out);
    }

    fn is_usual(&self) -> bool {
        let has_own_reason = self.reason.is_some_and(|reason| !reason.is_empty());
        self.status == 200 && self.version == b"1.1" && !has_own_reason
    }

    fn write_date(&self, out: &mut Vec<u8>) {
        let is_dated = is_interim(self.status) || find(self.fields, b"Date").is_some();
        if !self.occasion.date.is_empty() && !is_dated {
            write_field((b"Date", self.occasion.date), out);
        }
    }

    /// A 304 may tell the length that the body would have; the others have none (RFC 9110 section 8.6).
    fn write_bodiless(&self, out: &mut Vec<u8>) {
        let describes_nothing = self.status != 304;
        let says_connection = self.write_fields(
            |name| {
                let describes = is_content_length(name) || is_transfer_encoding(name);
                !(describes && describes_nothing)
            },
            out,
        );
        if !says_connection && !is_interim(self.status) {
            self.write_default_connection(out);
        }
        out.extend_from_slice(b"\r\n");
    }

    /// The fields that are wanted and cannot break the head; of several `Connection` the last one, at the place of the first. Returns whether there is one.
    fn write_fields(&self, is_wanted: impl Fn(&[u8]) -> bool, out: &mut Vec<u8>) -> bool {
        let mut connection = find(self.fields, b"Connection");
        let closes = |value: &[u8]| tokens(value).any(|token| token.eq_ignore_ascii_case(b"close"));
        let says_connection = connection.is_some();
        if self.occasion.closes && connection.is_some_and(|value| !closes(value)) {
            connection = Some(b"close");
        }
        for &field in self.fields.iter().filter(|field| is_well_formed(field)) {
            if is_connection(field.0) {
                if let Some(value) = connection.take() {
                    write_field((field.0, value), out);
                }
            } else if is_wanted(field.0) {
                write_field(field, out);
            }
        }
        says_connection
    }

    fn write_default_connection(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(if self.occasion.closes {
            CLOSE
        } else {
            KEEP_ALIVE
        });
    }

    fn write_end(&self, body: &[u8], out: &mut Vec<u8>) {
        out.extend_from_slice(b"\r\n");
        if !self.occasion.head_only {
            out.extend_from_slice(body);
        }
    }

    /// An empty first chunk would end the body, so nothing stands for it.
    fn write_first_chunk(&self, body: &[u8], out: &mut Vec<u8>) {
        if body.is_empty() || self.occasion.head_only || self.occasion.unchunked {
            return self.write_end(body, out);
        }
        self.write_end(&[], out);
        chunk(body, out);
    }
}

const fn is_interim(status: u16) -> bool {
    matches!(status, 100..=199)
}

/// Whether responses with this status never have a body.
pub const fn forbids_body(status: u16) -> bool {
    matches!(status, 100..=199 | 204 | 304)
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) fn response(status: u16, fields: &[(&str, &str)], body: &str) -> String {
        on(Occasion::default(), status, fields, body)
    }

    pub(super) fn on(
        occasion: Occasion<'_>,
        status: u16,
        fields: &[(&str, &str)],
        body: &str,
    ) -> String {
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
            occasion,
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
    fn a_status_that_has_no_body_gets_none_and_nothing_that_describes_one() {
        assert_eq!(
            response(204, &[], "x"),
            "HTTP/1.1 204 No Content\r\nConnection: keep-alive\r\n\r\n"
        );
        let described = [("Content-Length", "5"), ("Transfer-Encoding", "chunked")];
        assert_eq!(response(204, &described, "x"), response(204, &[], ""));
        assert_eq!(
            response(304, &[("ETag", "a"), ("content-length", "5")], "x"),
            "HTTP/1.1 304 Not Modified\r\nETag: a\r\ncontent-length: 5\r\n\
             Connection: keep-alive\r\n\r\n"
        );
        assert!(
            response(205, &[], "x")
                .ends_with("Content-Length: 0\r\nConnection: keep-alive\r\n\r\n")
        );
        assert_eq!(
            response(103, &[("Link", "a")], "x"),
            "HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n"
        );
    }

    #[test]
    fn reason_and_version() {
        let mut out = Vec::new();
        Head {
            version: b"1.0\r\n",
            status: 299,
            reason: Some(b"Fi\r\nne"),
            fields: &[],
            occasion: Occasion::default(),
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
            occasion: Occasion::default(),
        }
        .encode_head(&mut out);
        assert_eq!(
            out,
            b"HTTP/1.1 206 Partial Content\r\nContent-Length: 12\r\nConnection: keep-alive\r\n\r\n"
        );
    }
}
