use thiserror::Error;

use crate::http::{
    self,
    response::{Field, Head, Occasion},
};

/// Why a request is not a websocket handshake (RFC 6455 section 4.2.1). The connection ends with
/// [`Refusal::response`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Refusal {
    /// Not even a valid HTTP request, or one with too large a head.
    #[error(transparent)]
    Request(#[from] http::Error),
    /// The method is not `GET`.
    #[error("method is not GET")]
    Method,
    /// HTTP/1.0 knows no upgrade.
    #[error("handshake needs HTTP/1.1")]
    HttpVersion,
    /// The request announces a body, whose bytes would be taken for frames.
    #[error("handshake with a body")]
    Body,
    /// No `Sec-WebSocket-Version`: most likely a plain HTTP request.
    #[error("missing sec-websocket-version header")]
    VersionMissing,
    /// Any version but 13.
    #[error("unsupported websocket version")]
    VersionUnsupported,
    /// `Upgrade` does not name `websocket`.
    #[error("missing upgrade to websocket")]
    Upgrade,
    /// `Connection` does not name `upgrade`.
    #[error("missing connection upgrade")]
    Connection,
    /// `Sec-WebSocket-Key` is missing, repeated, or not the base64 of 16 bytes.
    #[error("missing or invalid sec-websocket-key header")]
    Key,
    /// The page that connects is from where nobody is let in.
    #[error("origin not allowed")]
    Origin,
    /// The application does not let the client in.
    #[error("forbidden")]
    Forbidden,
    /// There are too many connections from where the client is.
    #[error("too many connections")]
    TooMany,
    /// The request was not whole in time.
    #[error("handshake took too long")]
    Late,
}

impl Refusal {
    /// The complete response, which closes the connection. Its text is for people and may change.
    pub fn response(&self) -> Vec<u8> {
        const TEXT: Field<'static> = (b"Content-Type", b"text/plain");
        const CLOSE: Field<'static> = (b"Connection", b"close");
        const VERSION: Field<'static> = (b"Sec-WebSocket-Version", b"13");
        // An `Upgrade` field must be named in `Connection` (RFC 9110 section 7.8).
        const CLOSE_OR_UPGRADE: Field<'static> = (b"Connection", b"close, Upgrade");
        const UPGRADE: Field<'static> = (b"Upgrade", b"websocket");
        let (status, fields): (u16, &[Field<'_>]) = match self {
            Self::Request(http::Error::HeadTooLarge | http::Error::TooManyFields) => {
                (431, &[TEXT, CLOSE])
            }
            Self::VersionMissing => (400, &[TEXT, CLOSE, VERSION]),
            Self::VersionUnsupported => (426, &[TEXT, CLOSE_OR_UPGRADE, UPGRADE, VERSION]),
            Self::Origin | Self::Forbidden => (403, &[TEXT, CLOSE]),
            Self::Late => (408, &[TEXT, CLOSE]),
            Self::TooMany => (429, &[TEXT, CLOSE]),
            _ => (400, &[TEXT, CLOSE]),
        };
        let mut out = Vec::new();
        Head {
            version: b"1.1",
            status,
            reason: None,
            fields,
            occasion: Occasion::default(),
        }
        .encode(format!("{self}\n").as_bytes(), &mut out);
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn response(refusal: Refusal) -> String {
        String::from_utf8(refusal.response()).unwrap()
    }

    #[test]
    fn a_refusal_closes_and_has_a_length() {
        assert_eq!(
            response(Refusal::Method),
            "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nConnection: close\r\n\
             Content-Length: 18\r\n\r\nmethod is not GET\n"
        );
        assert!(response(http::Error::HeadTooLarge.into()).starts_with("HTTP/1.1 431 "));
    }

    #[test]
    fn a_wrong_version_is_told_the_right_one() {
        let missing = response(Refusal::VersionMissing);
        assert!(
            missing.starts_with("HTTP/1.1 400 ")
                && missing.contains("\r\nSec-WebSocket-Version: 13\r\n")
        );
        let unsupported = response(Refusal::VersionUnsupported);
        assert!(
            unsupported.starts_with("HTTP/1.1 426 Upgrade Required\r\n"),
            "{unsupported}"
        );
        assert!(unsupported.contains("\r\nSec-WebSocket-Version: 13\r\n"));
    }
}
