use std::io;

use ouvrier_protocol::{proxy, websocket::client::Refused};
use thiserror::Error;

use super::PATIENCE;
use crate::tls::TlsError;

/// Why there is no connection.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ConnectError {
    /// The name has no address, or nobody could be asked.
    #[error("cannot resolve {0}: {error}", error = words(.1))]
    Resolve(String, io::Error),
    /// The system, or the network, refuses.
    #[error("{error}", error = words(.0))]
    Refused(#[from] io::Error),
    /// The proxy cannot be reached.
    #[error("proxy: {0}")]
    Proxy(Box<Self>),
    /// The proxy does not open a tunnel.
    #[error(transparent)]
    Tunnel(#[from] proxy::Error),
    /// The server, or somebody between us, cannot be trusted or understood.
    #[error("TLS: {0}")]
    Tls(#[from] TlsError),
    /// The server does not speak websocket with us.
    #[error("websocket handshake: {0}")]
    Websocket(#[from] Refused),
    /// Nobody refused, and nobody answered.
    #[error("no answer within {} seconds", PATIENCE.as_secs())]
    TimedOut,
}

/// The system's words for an error, without Rust's additions.
fn words(error: &io::Error) -> String {
    let text = error.to_string();
    let end = text.find(" (os error").unwrap_or(text.len());
    text[..end].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_read_as_in_other_programs() {
        let refused = || io::Error::from_raw_os_error(111);
        assert_eq!(
            ConnectError::from(refused()).to_string(),
            "Connection refused"
        );
        let proxy = ConnectError::Proxy(Box::new(refused().into()));
        assert_eq!(proxy.to_string(), "proxy: Connection refused");
        assert_eq!(
            ConnectError::TimedOut.to_string(),
            "no answer within 75 seconds"
        );
    }
}
