//! What can go wrong.

use std::{io, path::PathBuf};

use rustls::{AlertDescription, CertificateError, Error, InvalidMessage};

/// Why TLS cannot be served or spoken.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TlsError {
    /// A file cannot be read; the configuration's fault.
    #[error("cannot read {}: {error}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The system's error.
        error: io::Error,
    },
    /// A file does not hold what it should; the configuration's fault.
    #[error("{}: {problem}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// The options do not make a configuration.
    #[error("{0}")]
    Configuration(String),
    /// The peer, or somebody between us, broke TLS or did not want what we want; the message says which.
    #[error("{}", explain(.0))]
    Protocol(#[from] Error),
    /// The handshake took too long; the peer's fault, or the network's.
    #[error("the handshake was not finished in time")]
    TimedOut,
    /// The peer closed before the handshake was finished.
    #[error("the peer closed during the handshake")]
    Closed,
    /// The socket failed during the handshake.
    #[error("{0}")]
    Io(#[from] io::Error),
}

/// The commonest errors in words that say what to do about them.
fn explain(error: &Error) -> String {
    match error {
        Error::InvalidMessage(InvalidMessage::InvalidContentType) => {
            "the peer does not speak TLS".to_owned()
        }
        Error::AlertReceived(AlertDescription::UnknownCA) => {
            "the peer does not trust the authority of the certificate".to_owned()
        }
        Error::AlertReceived(alert) => format!("the peer refused with the alert {alert:?}"),
        Error::InvalidCertificate(problem) => format!("the certificate {}", judge(problem)),
        Error::NoCertificatesPresented => "the peer has no certificate".to_owned(),
        Error::NoApplicationProtocol => "no application protocol (ALPN) in common".to_owned(),
        other => other.to_string(),
    }
}

fn judge(problem: &CertificateError) -> String {
    match problem {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            "has expired".to_owned()
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "is not valid yet".to_owned()
        }
        CertificateError::UnknownIssuer => "is not signed by a trusted authority".to_owned(),
        CertificateError::NotValidForName => "is for another name".to_owned(),
        CertificateError::NotValidForNameContext {
            expected,
            presented,
        } => {
            let presented = presented.join(", ");
            format!("is not for {} but for {presented}", expected.to_str())
        }
        CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. } => {
            "is made for another purpose".to_owned()
        }
        CertificateError::Other(other) => format!("is refused: {other}"),
        other => format!("is refused: {other:?}"),
    }
}
