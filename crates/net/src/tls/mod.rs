//! TLS on rustls: what a server proves itself with, whom a client believes, and the records of one connection.
//!
//! - [`Options`]: what is wanted, in the words of PHP's stream contexts but checked. [`TlsError`]: what can be wrong with it, or with a peer.
//! - [`Server`] and [`Client`] are made of options. Making one reads files and may take milliseconds; afterwards neither touches the disk.
//!   `identity` reads certificates and keys, `roots` whom to trust, `suites` what to encrypt with; `verify` judges the certificate of a peer.
//! - `session` is the TLS side of one connection, without a socket: bytes in, bytes out. A connection owns one, and runs the handshake in its task.
//! - `connect` runs the handshake of a client over a stream, for whoever wants to know how it ends before there is a connection.
//!
//! The session is that of `rustls::unbuffered`: records are decrypted where they were read and encrypted into the queue of the socket, so a
//! connection that waits holds the state of its ciphers and no buffer.

mod client;
mod connect;
mod error;
mod identity;
mod options;
mod roots;
mod server;
pub(crate) mod session;
mod suites;
mod verify;

use std::sync::Arc;

use rustls::{ConfigBuilder, ConfigSide, WantsVerifier, crypto::CryptoProvider};

pub use self::{
    client::Client,
    connect::connect,
    error::TlsError,
    options::{Fingerprint, Identity, Options, Verification, Versions},
    server::{Server, Tickets},
    session::Session,
    suites::SECURITY_LEVEL,
};

/// The versions and ciphers that both sides choose alike.
fn builder<Side: ConfigSide>(
    options: &Options,
    start: impl FnOnce(Arc<CryptoProvider>) -> ConfigBuilder<Side, rustls::WantsVersions>,
) -> Result<ConfigBuilder<Side, WantsVerifier>, TlsError> {
    let provider = suites::provider(options)?;
    start(Arc::new(provider))
        .with_protocol_versions(&options.versions.wanted())
        .map_err(|error| TlsError::Configuration(error.to_string()))
}
