//! What a client says to a proxy before the connection to its target is open.
//!
//! Both kinds of proxy are a [`Dialogue`]: the client speaks first, and then sends what
//! [`Dialogue::decode`] makes of each answer until the tunnel is open. Not a byte behind the last
//! answer is consumed, since it comes from the target.

mod http_connect;
mod socks5;

use thiserror::Error;

use crate::{Step, http::answer::Malformed};

/// Where the tunnel shall lead. The proxy resolves names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Target<'a> {
    /// A name or an address, an IPv6 one without brackets.
    pub host: &'a str,
    /// The port.
    pub port: u16,
}

/// A dialogue with a proxy.
#[derive(Debug)]
pub enum Dialogue {
    /// SOCKS version 5, RFC 1928.
    Socks5(socks5::Dialogue),
    /// `CONNECT` of HTTP/1.1, RFC 9110 section 9.3.6.
    Http(http_connect::Dialogue),
}

/// What a whole answer of the proxy asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Turn {
    /// The client says this next.
    Say(Vec<u8>),
    /// The tunnel is open.
    Open,
}

impl Dialogue {
    /// A dialogue with a SOCKS5 proxy, and its first words. `credentials` are user and password (RFC 1929), which are told only if the
    /// proxy wants them.
    pub fn socks5(
        target: Target<'_>,
        credentials: Option<(&[u8], &[u8])>,
    ) -> Result<(Self, Vec<u8>), Error> {
        let (dialogue, words) = socks5::Dialogue::new(target, credentials)?;
        Ok((Self::Socks5(dialogue), words))
    }

    /// A dialogue with an HTTP proxy, and its first words. `authorization` is the value of `Proxy-Authorization`; empty for none.
    pub fn http(target: Target<'_>, authorization: &[u8]) -> Result<(Self, Vec<u8>), Error> {
        let words = http_connect::request(target, authorization)?;
        Ok((Self::Http(http_connect::Dialogue::default()), words))
    }

    /// Takes in what the proxy says.
    ///
    /// # Errors
    /// When the proxy refuses, or does not speak the protocol. The dialogue is over then.
    pub fn decode(&mut self, input: &[u8]) -> Result<Step<Turn>, Error> {
        match self {
            Self::Socks5(dialogue) => dialogue.decode(input),
            Self::Http(dialogue) => dialogue.decode(input),
        }
    }
}

/// Why there is no tunnel.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Error {
    /// The target, or the credentials, cannot be put into the words of the protocol.
    #[error("{0} cannot be told to a proxy")]
    Untellable(&'static str),
    /// The peer is no SOCKS5 proxy.
    #[error("the proxy does not speak SOCKS5")]
    NoSocks5,
    /// The proxy wants to know who asks, in a way that was not offered.
    #[error("SOCKS5 authentication method negotiation failed")]
    Method,
    /// User or password are wrong.
    #[error("SOCKS5 authentication failed")]
    Credentials,
    /// The SOCKS5 proxy did not reach the target, or does not want to.
    #[error("SOCKS5 connect failed: {0}")]
    Socks5(&'static str),
    /// The peer does not answer as an HTTP proxy does.
    #[error("Proxy CONNECT failed: {0}")]
    Malformed(#[from] Malformed),
    /// The HTTP proxy answered with a status that opens no tunnel.
    #[error("Proxy CONNECT failed: {0}")]
    Status(String),
}
