//! The opening handshake, as a client sees it (RFC 6455 section 4.1).

use data_encoding::BASE64;
use thiserror::Error;
use tungstenite::handshake::derive_accept_key;

use super::deflate::{Agreement, Preference};
use crate::{
    Step,
    http::{
        answer::{Answer, Malformed, Search},
        fields::tokens,
        response::{Field, breaks_line, write_fields},
    },
};

/// What a client asks for.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// Path and query. Bytes that would break the request line are escaped.
    pub target: &'a [u8],
    /// Name, or address, and the port unless it is the usual one.
    pub host: &'a [u8],
    /// The page that asks, as browsers say it.
    pub origin: Option<&'a [u8]>,
    /// Subprotocols, in the order of preference, separated by commas.
    pub protocols: Option<&'a [u8]>,
    /// The compression that is offered, if any.
    pub compression: Option<Preference>,
    /// Further fields. What the handshake itself is made of cannot be replaced, except for `Host`; what would break the head is left out.
    pub fields: &'a [Field<'a>],
}

/// Fields that are the handshake's own. Extensions would change the meaning of frames.
const OWN: [&[u8]; 5] = [
    b"connection",
    b"upgrade",
    b"sec-websocket-version",
    b"sec-websocket-key",
    b"sec-websocket-extensions",
];

/// What makes a request unlike all others, from bytes that nobody can predict.
pub fn key(nonce: [u8; 16]) -> String {
    BASE64.encode(&nonce)
}

impl Request<'_> {
    /// Appends the request, in Workerman's order, with the [`key`] of its own that it needs.
    pub fn encode(&self, key: &str, out: &mut Vec<u8>) {
        out.extend_from_slice(b"GET ");
        write_target(self.target, out);
        out.extend_from_slice(b" HTTP/1.1\r\n");
        if !self.values(b"host").any(|_| true) {
            write_line(b"Host", self.host, out);
        }
        out.extend_from_slice(b"Connection: Upgrade\r\nUpgrade: websocket\r\n");
        if let Some(origin) = self.origin {
            write_line(b"Origin", origin, out);
        }
        if let Some(protocols) = self.protocols {
            write_line(b"Sec-WebSocket-Protocol", protocols, out);
        }
        if let Some(offer) = self.compression {
            write_line(
                b"Sec-WebSocket-Extensions",
                offer.to_string().as_bytes(),
                out,
            );
        }
        out.extend_from_slice(b"Sec-WebSocket-Version: 13\r\n");
        write_line(b"Sec-WebSocket-Key", key.as_bytes(), out);
        let is_wanted = |name: &[u8]| !OWN.iter().any(|own| own.eq_ignore_ascii_case(name));
        write_fields(self.fields, is_wanted, out);
        out.extend_from_slice(b"\r\n");
    }

    /// The subprotocols that are asked for, also in a further field.
    pub fn asked_protocols(&self) -> Vec<u8> {
        let further = self.values(b"sec-websocket-protocol");
        let lists: Vec<_> = self.protocols.into_iter().chain(further).collect();
        lists.join(&b',')
    }

    fn values(&self, name: &'static [u8]) -> impl Iterator<Item = &[u8]> {
        self.fields
            .iter()
            .filter(move |(sent, _)| sent.eq_ignore_ascii_case(name))
            .map(|(_, value)| *value)
    }
}

fn write_target(target: &[u8], out: &mut Vec<u8>) {
    for &byte in target {
        match byte {
            0..=b' ' | 0x7f => out.extend_from_slice(format!("%{byte:02X}").as_bytes()),
            _ => out.push(byte),
        }
    }
}

fn write_line(name: &[u8], value: &[u8], out: &mut Vec<u8>) {
    out.extend_from_slice(name);
    out.extend_from_slice(b": ");
    out.extend(value.iter().filter(|&&byte| !breaks_line(byte)));
    out.extend_from_slice(b"\r\n");
}

/// Reads the answer to one [`Request`].
#[derive(Debug)]
pub struct Decoder {
    search: Search,
    accept: String,
    protocols: Vec<u8>,
    offer: Option<Preference>,
    agreement: Option<Agreement>,
}

impl Decoder {
    /// Reads the answer to a request with this `Sec-WebSocket-Key`, which asked for `protocols` and offered the compression
    /// `offer`.
    pub fn new(key: &[u8], protocols: Vec<u8>, offer: Option<Preference>) -> Self {
        Self {
            search: Search::default(),
            accept: derive_accept_key(key),
            protocols,
            offer,
            agreement: None,
        }
    }

    /// The compression that the answer has agreed to, once it is whole.
    pub const fn agreement(&self) -> Option<Agreement> {
        self.agreement
    }

    /// Returns the head of the answer, blank line included, once it is whole and lets the client in. What follows it
    /// belongs to the websocket stream.
    pub fn decode<'a>(
        &mut self,
        input: &'a [u8],
        max_head: usize,
    ) -> Result<Step<&'a [u8]>, Refused> {
        let found = self.search.find(input, max_head, |status| status == 101)?;
        let Some(found) = found else {
            return Ok(Step::pending(0));
        };
        self.check(found.answer)?;
        self.agreement = self.agree(found.head, found.answer)?;
        Ok(Step::complete(found.end, found.head))
    }

    fn check(&self, answer: Answer<'_>) -> Result<(), Refused> {
        let fields = answer.fields;
        if answer.status != 101 {
            return Err(Refused::Status(answer.summary()));
        }
        if !fields.names_token(b"upgrade", b"websocket")
            || !fields.names_token(b"connection", b"upgrade")
        {
            return Err(Refused::Upgrade);
        }
        match fields.sole_value(b"sec-websocket-accept") {
            None => return Err(Refused::AcceptMissing),
            Some(accept) if accept != self.accept.as_bytes() => return Err(Refused::AcceptWrong),
            Some(_) => {}
        }
        let mut chosen = fields.values(b"sec-websocket-protocol");
        if chosen.all(|chosen| tokens(&self.protocols).any(|asked| asked == chosen)) {
            Ok(())
        } else {
            Err(Refused::Protocol)
        }
    }

    fn agree(&self, head: &[u8], answer: Answer<'_>) -> Result<Option<Agreement>, Refused> {
        let mut extensions = answer.fields.values(b"sec-websocket-extensions");
        match (&self.offer, extensions.next()) {
            (_, None) => Ok(None),
            (None, Some(_)) => Err(Refused::Extension),
            (Some(offer), Some(_)) => {
                Agreement::from_response(head, offer).map_err(|_| Refused::Extension)
            }
        }
    }
}

/// Why the client is not let in, or does not trust the one who lets it in.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Refused {
    /// The peer does not speak HTTP.
    #[error(transparent)]
    Malformed(#[from] Malformed),
    /// The server answered with another status than 101: a refusal, or a redirect, which is not followed.
    #[error("the server answered {0}")]
    Status(String),
    /// The answer does not change to websocket.
    #[error("the server does not upgrade to websocket")]
    Upgrade,
    /// The answer proves nothing.
    #[error("Sec-WebSocket-Accept not found")]
    AcceptMissing,
    /// The answer is not to this request.
    #[error("Sec-WebSocket-Accept not match")]
    AcceptWrong,
    /// The server chose a subprotocol that the client does not know.
    #[error("the server chose a subprotocol that was not asked for")]
    Protocol,
    /// The server chose an extension that the client does not know, or not in the way it was offered.
    #[error("the server chose an extension that was not offered")]
    Extension,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of the example of RFC 6455 section 1.3.
    const NONCE: [u8; 16] = *b"the sample nonce";
    const REQUEST: Request<'static> = Request {
        target: b"/chat",
        host: b"server.example.com",
        origin: None,
        protocols: None,
        compression: None,
        fields: &[],
    };
    const ANSWER: &str = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: WebSocket\r\n\
                          Connection: keep-alive, upgrade\r\n\
                          Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";

    fn text(request: &Request<'_>) -> String {
        let mut out = Vec::new();
        request.encode(&key(NONCE), &mut out);
        String::from_utf8(out).unwrap()
    }

    fn decoder(request: &Request<'_>) -> Decoder {
        let key = key(NONCE);
        Decoder::new(
            key.as_bytes(),
            request.asked_protocols(),
            request.compression,
        )
    }

    fn decode(request: &Request<'_>, answer: &str) -> Result<usize, Refused> {
        let mut decoder = decoder(request);
        decoder
            .decode(answer.as_bytes(), 1024)
            .map(|step| step.consumed)
    }

    #[test]
    fn the_example_of_the_rfc() {
        assert_eq!(
            text(&REQUEST),
            "GET /chat HTTP/1.1\r\nHost: server.example.com\r\nConnection: Upgrade\r\n\
             Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
             Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        );
        assert_eq!(
            decode(&REQUEST, &format!("{ANSWER}\u{1}")),
            Ok(ANSWER.len())
        );
        assert_eq!(decode(&REQUEST, &ANSWER[..ANSWER.len() - 1]), Ok(0));
    }

    #[test]
    fn what_a_script_adds_cannot_break_the_request() {
        let asked = text(&Request {
            target: b"/a b\r\nX: y",
            origin: Some(b"http://a\r\nX: y"),
            protocols: Some(b"chat"),
            fields: &[
                (b"Host", b"other"),
                (b"X-Token", b"t"),
                (b"X-Bad", b"a\r\nX: y"),
                (b"upgrade", b"h2c"),
                (b"Sec-WebSocket-Extensions", b"permessage-deflate"),
            ],
            ..REQUEST
        });
        assert_eq!(
            asked,
            "GET /a%20b%0D%0AX:%20y HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Origin: http://aX: y\r\nSec-WebSocket-Protocol: chat\r\nSec-WebSocket-Version: 13\r\n\
             Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nHost: other\r\nX-Token: t\r\n\r\n"
        );
    }

    #[test]
    fn every_rule_has_its_refusal() {
        for (line, replacement, refused) in [
            ("WebSocket", "h2c", Refused::Upgrade),
            ("keep-alive, upgrade", "close", Refused::Upgrade),
            ("Sec-WebSocket-Accept", "X", Refused::AcceptMissing),
            ("s3pP", "S3pP", Refused::AcceptWrong),
            ("HTTP/1.1", "HTTP/9", Refused::Malformed(Malformed::Syntax)),
            (
                "101 Switching Protocols",
                "401 Unauthorized",
                Refused::Status("401 Unauthorized".to_owned()),
            ),
            (
                "Connection",
                "Sec-WebSocket-Extensions: x\r\nConnection",
                Refused::Extension,
            ),
            (
                "Connection",
                "Sec-WebSocket-Protocol: x\r\nConnection",
                Refused::Protocol,
            ),
        ] {
            let answer = ANSWER.replacen(line, replacement, 1);
            assert_eq!(decode(&REQUEST, &answer), Err(refused), "{replacement}");
        }
    }

    #[test]
    fn a_subprotocol_must_be_one_of_those_asked_for() {
        let request = Request {
            protocols: Some(b"mqtt, soap"),
            fields: &[(b"sec-websocket-protocol", b"wamp")],
            ..REQUEST
        };
        for (chosen, is_asked) in [("soap", true), ("wamp", true), ("SOAP", false), ("", false)] {
            let line = format!("Sec-WebSocket-Protocol: {chosen}\r\nConnection");
            let answer = ANSWER.replacen("Connection", &line, 1);
            assert_eq!(decode(&request, &answer).is_ok(), is_asked, "{chosen}");
        }
        assert!(decode(&request, ANSWER).is_ok());
    }

    #[test]
    fn compression_is_what_was_offered_and_answered() {
        let request = Request {
            compression: Some(Preference::default()),
            ..REQUEST
        };
        assert!(text(&request).contains(
            "\r\nSec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover; \
             client_no_context_takeover; client_max_window_bits\r\n"
        ));
        let answers = |value: &str| {
            let line = format!("Sec-WebSocket-Extensions: {value}\r\nConnection");
            let mut decoder = decoder(&request);
            let answer = ANSWER.replacen("Connection", &line, 1);
            decoder.decode(answer.as_bytes(), 1024)?;
            Ok(decoder.agreement().map(|agreement| agreement.to_string()))
        };
        let answer = "permessage-deflate; server_no_context_takeover; client_max_window_bits=11";
        let agreed = "permessage-deflate; server_no_context_takeover; client_no_context_takeover; \
                      client_max_window_bits=11";
        assert_eq!(answers(answer), Ok(Some(agreed.to_owned())));
        for wrong in ["permessage-deflate", "x", "permessage-deflate, x", ""] {
            assert_eq!(answers(wrong), Err(Refused::Extension), "{wrong}");
        }
        assert!(decode(&request, ANSWER).is_ok());
    }

    #[test]
    fn an_endless_answer_is_refused() {
        let answer = format!("HTTP/1.1 101 \r\nX: {}", "a".repeat(1024));
        assert_eq!(decode(&REQUEST, &answer), Err(Malformed::TooLarge.into()));
    }
}
