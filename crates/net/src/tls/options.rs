//! What is wanted of TLS.

use std::path::PathBuf;

use rustls::{SupportedProtocolVersion, version};

/// What is wanted of TLS, for a server or for a client. The names in brackets are those of PHP's `ssl` stream context.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// Who we are (`local_cert`, `local_pk`). A server needs one, or one by name.
    pub identity: Option<Identity>,
    /// Who a server is, for clients that ask for a name (`SNI_server_certs`). `*.` stands for one label.
    pub by_name: Vec<(String, Identity)>,
    /// What opens keys that are encrypted (`passphrase`).
    pub passphrase: Option<Vec<u8>>,
    /// How the peer is judged; `None` not at all, and a server does not ask for a certificate (`verify_peer`).
    pub verification: Option<Verification>,
    /// The certificate must be for the name of the peer, also where it is not verified otherwise (`verify_peer_name`).
    pub verify_name: bool,
    /// Hashes of which the peer's certificate must have each (`peer_fingerprint`).
    pub fingerprints: Vec<Fingerprint>,
    /// The name that a client asks for and expects, in place of the host it connects to (`peer_name`). A server expects it of its clients.
    pub peer_name: Option<String>,
    /// A client tells the server which name it wants (`SNI_enabled`).
    pub tell_name: bool,
    /// The versions to offer (`crypto_method`, `min_proto_version`, `max_proto_version`).
    pub versions: Versions,
    /// OpenSSL's names of cipher suites, separated by colons (`ciphers`).
    pub ciphers: Option<String>,
    /// OpenSSL's names of groups for the key exchange, separated by colons (`ecdh_curve`).
    pub groups: Option<String>,
    /// The server's order of ciphers counts, not the client's (`honor_cipher_order`).
    pub own_order: bool,
    /// Application protocols, the preferred first (`alpn_protocols`).
    pub alpn: Vec<Vec<u8>>,
    /// Sessions can be resumed (`no_ticket` is the opposite).
    pub tickets: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            identity: None,
            by_name: Vec::new(),
            passphrase: None,
            verification: None,
            verify_name: false,
            fingerprints: Vec::new(),
            peer_name: None,
            tell_name: true,
            versions: Versions::default(),
            ciphers: None,
            groups: None,
            own_order: false,
            alpn: Vec::new(),
            tickets: true,
        }
    }
}

/// Where a certificate and its key are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// A PEM file: the certificate, then the intermediate ones. May hold the key as well.
    pub certificate: PathBuf,
    /// The PEM file of the key; `None` when it is in the file of the certificate.
    pub key: Option<PathBuf>,
}

/// How the certificate of a peer is judged.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Verification {
    /// A PEM file of authorities (`cafile`).
    pub ca_file: Option<PathBuf>,
    /// A directory of PEM files of authorities (`capath`). Without both, the system's authorities are trusted.
    pub ca_path: Option<PathBuf>,
    /// A certificate that has signed itself is good enough (`allow_self_signed`).
    pub self_signed: bool,
    /// How many certificates may stand above that of the peer, its authority included (`verify_depth`).
    pub depth: Option<usize>,
}

/// The hash of a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fingerprint {
    /// SHA-1, 20 bytes.
    Sha1(Vec<u8>),
    /// SHA-256, 32 bytes.
    Sha256(Vec<u8>),
    /// SHA-384, 48 bytes.
    Sha384(Vec<u8>),
    /// SHA-512, 64 bytes.
    Sha512(Vec<u8>),
}

/// Versions of TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Versions {
    /// TLS 1.2.
    pub tls12: bool,
    /// TLS 1.3.
    pub tls13: bool,
}

impl Default for Versions {
    fn default() -> Self {
        Self {
            tls12: true,
            tls13: true,
        }
    }
}

impl Versions {
    pub(super) fn wanted(self) -> Vec<&'static SupportedProtocolVersion> {
        let tls13 = self.tls13.then_some(&version::TLS13);
        let tls12 = self.tls12.then_some(&version::TLS12);
        tls13.into_iter().chain(tls12).collect()
    }
}
