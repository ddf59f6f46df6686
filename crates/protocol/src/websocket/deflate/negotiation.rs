use std::fmt;

use thiserror::Error;

use crate::http::{fields::trim_blanks, request::View};

const NAME: &[u8] = b"permessage-deflate";
/// The window of a peer that says nothing about it.
const LARGEST_WINDOW: u8 = 15;
/// No compressor of the zlib family keeps to a smaller one.
const SMALLEST_WINDOW: u8 = 9;

/// What both ends have settled. Its `Display` is the value of `Sec-WebSocket-Extensions` in the
/// response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Agreement {
    /// The server compresses each message on its own.
    pub server_no_context_takeover: bool,
    /// The client compresses each message on its own.
    pub client_no_context_takeover: bool,
    /// Base-two logarithm of the server's window in bytes, 9 to 15.
    pub server_max_window_bits: u8,
    /// Base-two logarithm of the client's window in bytes, 8 to 15.
    pub client_max_window_bits: u8,
    /// The client has said that it understands a limit of its window.
    limits_client_window: bool,
}

/// What this end would like. Its `Display` is the offer of a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Preference {
    /// Keep the server's window from message to message: smaller messages, for the memory of a
    /// compressor in each connection.
    pub server_context_takeover: bool,
    /// The same for the client's window, for the memory of a decompressor.
    pub client_context_takeover: bool,
    /// Largest window of the server, 9 to 15.
    pub server_max_window_bits: u8,
    /// Largest window of the client, 9 to 15.
    pub client_max_window_bits: u8,
}

impl Default for Preference {
    /// No window outlives its message, and both have their full size.
    fn default() -> Self {
        Self {
            server_context_takeover: false,
            client_context_takeover: false,
            server_max_window_bits: LARGEST_WINDOW,
            client_max_window_bits: LARGEST_WINDOW,
        }
    }
}

/// The server's response names an extension that was not offered, or parameters that make no sense.
/// The connection is to be failed (RFC 6455 section 4.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the server's response has extensions that were not offered")]
pub struct ResponseError;

impl Agreement {
    /// The server's answer to a checked request head: the first offer that can be accepted (RFC 7692
    /// section 5.1). `None` goes on without compression.
    pub fn negotiate(head: &[u8], preference: &Preference) -> Option<Self> {
        let value = View(head).header(b"sec-websocket-extensions")?;
        split(&value, b',')
            .into_iter()
            .filter_map(Parameters::read)
            .find_map(|offer| offer.accept(preference))
    }

    /// What a client has to keep to, from the head of a response to an offer of `preference`.
    ///
    /// # Errors
    ///
    /// [`ResponseError`] if the server answers what was not offered.
    pub fn from_response(
        head: &[u8],
        preference: &Preference,
    ) -> Result<Option<Self>, ResponseError> {
        let Some(value) = View(head).header(b"sec-websocket-extensions") else {
            return Ok(None);
        };
        let [extension] = split(&value, b',')[..] else {
            return Err(ResponseError);
        };
        let answer = Parameters::read(extension).ok_or(ResponseError)?;
        let broken_promise =
            !preference.server_context_takeover && !answer.server_no_context_takeover;
        if broken_promise
            || answer.server_max_window_bits.unwrap_or(LARGEST_WINDOW)
                > preference.server_max_window_bits
        {
            return Err(ResponseError);
        }
        let client = match answer.client_max_window_bits {
            None => LARGEST_WINDOW,
            Some(bits) => bits.ok_or(ResponseError)?,
        };
        Ok(Some(Self {
            server_no_context_takeover: answer.server_no_context_takeover,
            client_no_context_takeover: answer.client_no_context_takeover
                || !preference.client_context_takeover,
            server_max_window_bits: answer.server_max_window_bits.unwrap_or(LARGEST_WINDOW),
            client_max_window_bits: usable(client.min(preference.client_max_window_bits))
                .ok_or(ResponseError)?,
            limits_client_window: true,
        }))
    }
}

impl fmt::Display for Agreement {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("permessage-deflate")?;
        if self.server_no_context_takeover {
            formatter.write_str("; server_no_context_takeover")?;
        }
        if self.client_no_context_takeover {
            formatter.write_str("; client_no_context_takeover")?;
        }
        if self.server_max_window_bits < LARGEST_WINDOW {
            write!(
                formatter,
                "; server_max_window_bits={}",
                self.server_max_window_bits
            )?;
        }
        if self.limits_client_window && self.client_max_window_bits < LARGEST_WINDOW {
            write!(
                formatter,
                "; client_max_window_bits={}",
                self.client_max_window_bits
            )?;
        }
        Ok(())
    }
}

impl fmt::Display for Preference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("permessage-deflate")?;
        if !self.server_context_takeover {
            formatter.write_str("; server_no_context_takeover")?;
        }
        if !self.client_context_takeover {
            formatter.write_str("; client_no_context_takeover")?;
        }
        if self.server_max_window_bits < LARGEST_WINDOW {
            write!(
                formatter,
                "; server_max_window_bits={}",
                self.server_max_window_bits
            )?;
        }
        formatter.write_str("; client_max_window_bits")
    }
}

/// The parameters of one `permessage-deflate` (RFC 7692 section 7.1).
#[derive(Debug, Default)]
struct Parameters {
    server_no_context_takeover: bool,
    client_no_context_takeover: bool,
    server_max_window_bits: Option<u8>,
    /// Without a number it only says that the client would keep to one.
    client_max_window_bits: Option<Option<u8>>,
}

impl Parameters {
    /// `None` for another extension, and for parameters that are unknown, repeated or out of range:
    /// such an offer is to be declined (RFC 7692 section 7.1).
    fn read(extension: &[u8]) -> Option<Self> {
        let parts = split(extension, b';');
        let (name, parameters) = parts.split_first()?;
        if !name.eq_ignore_ascii_case(NAME) {
            return None;
        }
        let mut read = Self::default();
        for parameter in parameters {
            read.set(parameter)?;
        }
        Some(read)
    }

    fn set(&mut self, parameter: &[u8]) -> Option<()> {
        let mut halves = parameter.splitn(2, |&byte| byte == b'=').map(trim_blanks);
        let (name, value) = (halves.next()?, halves.next());
        let is_new = match (name, value) {
            (b"server_no_context_takeover", None) => {
                !std::mem::replace(&mut self.server_no_context_takeover, true)
            }
            (b"client_no_context_takeover", None) => {
                !std::mem::replace(&mut self.client_no_context_takeover, true)
            }
            (b"server_max_window_bits", Some(bits)) => {
                let bits = window_bits(bits)?;
                self.server_max_window_bits.replace(bits).is_none()
            }
            (b"client_max_window_bits", None) => {
                self.client_max_window_bits.replace(None).is_none()
            }
            (b"client_max_window_bits", Some(bits)) => {
                let bits = window_bits(bits)?;
                self.client_max_window_bits.replace(Some(bits)).is_none()
            }
            _ => false,
        };
        is_new.then_some(())
    }

    fn accept(&self, preference: &Preference) -> Option<Agreement> {
        let server = self.server_max_window_bits.unwrap_or(LARGEST_WINDOW);
        let client = self.client_max_window_bits.flatten();
        let limit = match self.client_max_window_bits {
            Some(_) => preference.client_max_window_bits,
            None => LARGEST_WINDOW,
        };
        Some(Agreement {
            server_no_context_takeover: self.server_no_context_takeover
                || !preference.server_context_takeover,
            client_no_context_takeover: self.client_no_context_takeover
                || !preference.client_context_takeover,
            server_max_window_bits: usable(server.min(preference.server_max_window_bits))?,
            client_max_window_bits: client.unwrap_or(LARGEST_WINDOW).min(limit),
            limits_client_window: self.client_max_window_bits.is_some(),
        })
    }
}

/// A window that this end can keep to when it compresses.
fn usable(bits: u8) -> Option<u8> {
    (bits >= SMALLEST_WINDOW).then_some(bits)
}

/// A number from 8 to 15, without a sign or a zero in front, perhaps in quotes (RFC 7692 section
/// 7.1.2).
fn window_bits(value: &[u8]) -> Option<u8> {
    let unquoted = value
        .strip_prefix(b"\"")
        .and_then(|value| value.strip_suffix(b"\""))
        .unwrap_or(value);
    match unquoted {
        [digit @ b'8'..=b'9'] => Some(digit - b'0'),
        [b'1', digit @ b'0'..=b'5'] => Some(10 + digit - b'0'),
        _ => None,
    }
}

/// The parts between separators that do not stand in quotes, without blanks around them.
fn split(value: &[u8], separator: u8) -> Vec<&[u8]> {
    let mut is_quoted = false;
    value
        .split(|&byte| {
            is_quoted ^= byte == b'"';
            byte == separator && !is_quoted
        })
        .map(trim_blanks)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(extensions: &str) -> Vec<u8> {
        format!("GET / HTTP/1.1\r\nSec-WebSocket-Extensions: {extensions}\r\n\r\n").into_bytes()
    }

    fn answer(offers: &str, preference: &Preference) -> Option<String> {
        Agreement::negotiate(&head(offers), preference).map(|agreement| agreement.to_string())
    }

    const TAKING_OVER: Preference = Preference {
        server_context_takeover: true,
        client_context_takeover: true,
        server_max_window_bits: 15,
        client_max_window_bits: 12,
    };

    #[test]
    fn by_default_no_window_is_taken_over() {
        let usual = "permessage-deflate; server_no_context_takeover; client_no_context_takeover";
        for offer in [
            "permessage-deflate",
            "permessage-deflate; client_max_window_bits",
            "x-unknown, permessage-deflate; client_max_window_bits=15",
            "permessage-deflate; server_max_window_bits=\"15\"",
        ] {
            assert_eq!(
                answer(offer, &Preference::default()).as_deref(),
                Some(usual),
                "{offer}"
            );
        }
    }

    #[test]
    fn the_first_acceptable_offer_is_taken() {
        let offers = "permessage-deflate; server_max_window_bits=8, \
                      permessage-deflate; server_max_window_bits=10; client_max_window_bits, \
                      permessage-deflate";
        assert_eq!(
            answer(offers, &TAKING_OVER).as_deref(),
            Some("permessage-deflate; server_max_window_bits=10; client_max_window_bits=12")
        );
    }

    #[test]
    fn a_client_that_knows_no_limit_gets_none() {
        assert_eq!(
            answer("permessage-deflate", &TAKING_OVER).as_deref(),
            Some("permessage-deflate")
        );
    }

    #[test]
    fn bad_offers_are_declined() {
        for offer in [
            "",
            "x-webkit-deflate-frame",
            "permessage-deflate; unknown",
            "permessage-deflate; server_no_context_takeover=1",
            "permessage-deflate; server_no_context_takeover; server_no_context_takeover",
            "permessage-deflate; server_max_window_bits",
            "permessage-deflate; server_max_window_bits=16",
            "permessage-deflate; server_max_window_bits=7",
            "permessage-deflate; server_max_window_bits=08",
            "permessage-deflate; server_max_window_bits=+9",
            "permessage-deflate; client_max_window_bits=0",
            "permessage-deflate; client_max_window_bits; client_max_window_bits=9",
            "permessage-deflate;",
        ] {
            assert_eq!(answer(offer, &Preference::default()), None, "{offer}");
        }
    }

    #[test]
    fn a_client_checks_the_answer() {
        let read = |answer: &str, preference: &Preference| {
            Agreement::from_response(&head(answer), preference)
        };
        assert_eq!(
            Agreement::from_response(b"HTTP/1.1 101 OK\r\n\r\n", &TAKING_OVER),
            Ok(None)
        );
        let agreement = read(
            "permessage-deflate; client_max_window_bits=10",
            &TAKING_OVER,
        );
        assert_eq!(agreement.unwrap().unwrap().client_max_window_bits, 10);
        for bad in [
            "permessage-deflate",
            "x-other",
            "permessage-deflate, permessage-deflate",
            "permessage-deflate; server_no_context_takeover; client_max_window_bits=8",
        ] {
            assert_eq!(
                read(bad, &Preference::default()),
                Err(ResponseError),
                "{bad}"
            );
        }
    }

    #[test]
    fn offers_say_what_is_wanted() {
        assert_eq!(
            Preference::default().to_string(),
            "permessage-deflate; server_no_context_takeover; client_no_context_takeover; \
             client_max_window_bits"
        );
    }
}
