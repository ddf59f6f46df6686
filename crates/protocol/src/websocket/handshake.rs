//! The opening handshake, as a server sees it (RFC 6455 section 4.2).

use tungstenite::handshake::derive_accept_key;

use super::Refusal;
use crate::{
    Step,
    http::{
        DEFAULT_MAX_FIELDS, HeadEnd,
        fields::{split_field, tokens},
        head::{Head, Version},
        request::View,
    },
};

const PROTOCOL: &[u8] = b"sec-websocket-protocol";

/// Finds the one request that opens a websocket connection, and checks it.
#[derive(Debug, Default)]
pub struct Decoder {
    search: HeadEnd,
}

impl Decoder {
    /// A decoder for the first byte of a connection.
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns the request head, blank line included, once it is whole and a handshake. What
    /// follows it belongs to the websocket stream.
    ///
    /// The blank line must begin before offset `max_head`; [`crate::http::DEFAULT_MAX_HEAD`] is the
    /// usual choice. `Origin`, subprotocols and extensions are not looked at.
    pub fn decode<'a>(
        &mut self,
        input: &'a [u8],
        max_head: usize,
    ) -> Result<Step<&'a [u8]>, Refusal> {
        let Some(length) = self.search.find(input, max_head)? else {
            return Ok(Step::pending(0));
        };
        let head = &input[..length];
        check(&Head::read(head, max_head, DEFAULT_MAX_FIELDS)?)?;
        Ok(Step::complete(length, head))
    }
}

/// Appends the response that accepts a checked request head. What follows it are frames.
///
/// `extra_lines` are whole `Name: value` lines; one that is empty or holds CR, LF or NUL is
/// skipped. As Workerman does, the version is told although only a refusal needs it.
pub fn accept(
    head: &[u8],
    extra_lines: impl IntoIterator<Item = impl AsRef<[u8]>>,
    out: &mut Vec<u8>,
) {
    let key = View(head).header(b"sec-websocket-key").unwrap_or_default();
    out.extend_from_slice(
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n",
    );
    out.extend_from_slice(b"Connection: Upgrade\r\nSec-WebSocket-Accept: ");
    out.extend_from_slice(derive_accept_key(&key).as_bytes());
    out.extend_from_slice(b"\r\n");
    for line in extra_lines {
        let line = line.as_ref();
        if !line.is_empty() && !line.iter().any(|byte| matches!(byte, b'\r' | b'\n' | 0)) {
            out.extend_from_slice(line);
            out.extend_from_slice(b"\r\n");
        }
    }
    out.extend_from_slice(b"\r\n");
}

/// The subprotocol that a `Name: value` line of an answer chooses.
pub fn chosen_protocol(line: &[u8]) -> Option<&[u8]> {
    let (name, value) = split_field(line)?;
    name.eq_ignore_ascii_case(PROTOCOL).then_some(value)
}

/// Whether the client that sent a checked request head offers a subprotocol (RFC 6455 section
/// 4.2.2). Their names are told apart by case.
pub fn offers_protocol(head: &[u8], name: &[u8]) -> bool {
    let offer = View(head).header(PROTOCOL).unwrap_or_default();
    tokens(&offer).any(|offered| offered == name)
}

/// The version comes first after the request line, so that a plain HTTP request is told what is
/// spoken here.
fn check(head: &Head<'_>) -> Result<(), Refusal> {
    if head.method != b"GET" {
        return Err(Refusal::Method);
    }
    if head.version != Version::Http11 {
        return Err(Refusal::HttpVersion);
    }
    if announces_body(head) {
        return Err(Refusal::Body);
    }
    match head.fields.sole_value(b"sec-websocket-version") {
        Some(b"13") => {}
        None if head
            .fields
            .values(b"sec-websocket-version")
            .next()
            .is_none() =>
        {
            return Err(Refusal::VersionMissing);
        }
        _ => return Err(Refusal::VersionUnsupported),
    }
    if !head.fields.names_token(b"upgrade", b"websocket") {
        return Err(Refusal::Upgrade);
    }
    if !head.fields.names_token(b"connection", b"upgrade") {
        return Err(Refusal::Connection);
    }
    head.fields
        .sole_value(b"sec-websocket-key")
        .filter(|key| is_key(key))
        .map(|_| ())
        .ok_or(Refusal::Key)
}

/// A `Content-Length` of zero is no body.
fn announces_body(head: &Head<'_>) -> bool {
    head.fields.values(b"transfer-encoding").next().is_some()
        || head
            .fields
            .values(b"content-length")
            .any(|length| length != b"0")
}

/// Whether `value` is the base64 of 16 bytes: 22 digits and `==`.
fn is_key(value: &[u8]) -> bool {
    let is_digit = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    value.len() == 24
        && value
            .strip_suffix(b"==")
            .is_some_and(|digits| digits.iter().all(is_digit))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http;

    const REQUEST: &str = "GET /chat HTTP/1.1\r\nHost: server.example.com\r\nUpgrade: WebSocket\r\n\
                           Connection: keep-alive, Upgrade\r\n\
                           Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
                           Sec-WebSocket-Version: 13\r\n\r\n";

    fn decode(request: &str) -> Result<usize, Refusal> {
        Decoder::new()
            .decode(request.as_bytes(), http::DEFAULT_MAX_HEAD)
            .map(|step| step.consumed)
    }

    #[test]
    fn the_example_of_the_rfc_is_accepted() {
        let stream = [REQUEST.as_bytes(), b"\x81\x80"].concat();
        let step = Decoder::new()
            .decode(&stream, http::DEFAULT_MAX_HEAD)
            .unwrap();
        assert_eq!(step, Step::complete(REQUEST.len(), REQUEST.as_bytes()));
        let mut out = Vec::new();
        accept(
            REQUEST.as_bytes(),
            ["X-A: 1", "X-B: 2\r\nX-C: 3", "", "Server: s"],
            &mut out,
        );
        let expected = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\
                        Sec-WebSocket-Version: 13\r\nConnection: Upgrade\r\n\
                        Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\nX-A: 1\r\n\
                        Server: s\r\n\r\n";
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }

    #[test]
    fn every_rule_has_its_refusal() {
        for (line, replacement, refusal) in [
            ("GET", "POST", Refusal::Method),
            ("HTTP/1.1", "HTTP/1.0", Refusal::HttpVersion),
            ("Upgrade: WebSocket", "Upgrade: h2c", Refusal::Upgrade),
            ("Upgrade: WebSocket", "X: y", Refusal::Upgrade),
            ("keep-alive, Upgrade", "keep-alive", Refusal::Connection),
            ("Version: 13", "Version: 8", Refusal::VersionUnsupported),
            (
                "Version: 13",
                "Version: 13\r\nSec-WebSocket-Version: 13",
                Refusal::VersionUnsupported,
            ),
            ("Sec-WebSocket-Version", "X", Refusal::VersionMissing),
            ("Sec-WebSocket-Key", "X", Refusal::Key),
            ("ZQ==", "ZQ=", Refusal::Key),
            ("ZQ==", "Z-==", Refusal::Key),
            (
                "Host: server",
                "Content-Length: 1\r\nHost: server",
                Refusal::Body,
            ),
            (
                "Host: server",
                "Transfer-Encoding: chunked\r\nHost: server",
                Refusal::Body,
            ),
            ("Host", "X", Refusal::Request(http::Error::HostMissing)),
            (
                "Host: server",
                "Host: a\r\nHost: server",
                Refusal::Request(http::Error::HostRepeated),
            ),
            (
                "Host: server",
                "Host : server",
                Refusal::Request(http::Error::HeaderField),
            ),
            ("\r\n", "\n", Refusal::Request(http::Error::ControlByte)),
        ] {
            assert_eq!(
                decode(&REQUEST.replacen(line, replacement, 1)),
                Err(refusal),
                "{replacement}"
            );
        }
    }

    #[test]
    fn a_subprotocol_is_chosen_from_the_offer() {
        let head = b"GET / HTTP/1.1\r\nSec-WebSocket-Protocol: chat, v2.Chat\r\nsec-websocket-protocol: mqtt\r\n\r\n";
        for (name, offered) in [
            ("chat", true),
            ("v2.Chat", true),
            ("mqtt", true),
            ("v2.chat", false),
            ("", false),
            ("chat, v2.Chat", false),
        ] {
            assert_eq!(offers_protocol(head, name.as_bytes()), offered, "{name}");
        }
        assert_eq!(
            chosen_protocol(b"SEC-WebSocket-protocol: chat "),
            Some(&b"chat"[..])
        );
        assert_eq!(chosen_protocol(b"X: chat"), None);
    }

    #[test]
    fn an_endless_head_is_refused() {
        let mut decoder = Decoder::new();
        let head = format!("GET / HTTP/1.1\r\nX: {}", "a".repeat(100));
        assert_eq!(decoder.decode(head.as_bytes(), 200), Ok(Step::pending(0)));
        let longer = head + &"a".repeat(100);
        assert_eq!(
            decoder.decode(longer.as_bytes(), 200),
            Err(http::Error::HeadTooLarge.into())
        );
    }

    #[test]
    fn an_empty_content_is_no_body() {
        assert!(decode(&REQUEST.replacen("Host:", "Content-Length: 0\r\nHost:", 1)).is_ok());
    }
}
