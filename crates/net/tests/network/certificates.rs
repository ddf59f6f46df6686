//! Certificates that are made for a test, with the `openssl` command.

use std::{fs, path::PathBuf, process::Command};

use ouvrier_net::tls::{Identity, Options, Server, Tickets, Verification};
use tempfile::TempDir;

/// A directory with an authority and what it has signed.
pub(crate) struct Authority(TempDir);

impl Authority {
    pub(crate) fn new() -> Self {
        let authority = Self(TempDir::new().unwrap());
        let subject = format!("/CN={:?}", authority.0.path().file_name().unwrap());
        fs::write(authority.path("ca.conf"), CONFIGURATION).unwrap();
        fs::write(authority.path("index.txt"), "").unwrap();
        authority.openssl(
            "req -x509 -nodes -keyout ca.key -out ca.pem",
            &[&["-subj", subject.as_str()], &KEY[..]].concat(),
        );
        authority
    }

    /// A certificate for a name such as `DNS:localhost`.
    pub(crate) fn sign(&self, name: &str) -> Identity {
        self.sign_until(name, "20491231235959Z")
    }

    /// A certificate for a name, which ends at a moment in OpenSSL's notation.
    pub(crate) fn sign_until(&self, name: &str, end: &str) -> Identity {
        let subject = format!("subjectAltName={name}");
        self.openssl(
            "req -nodes -subj /CN=somebody -keyout own.key -out own.csr",
            &[&["-addext", subject.as_str()], &KEY[..]].concat(),
        );
        self.openssl(
            "ca -batch -notext -config ca.conf -in own.csr -out own.pem -startdate 20200101000000Z",
            &["-enddate", end],
        );
        self.identity("own.pem", "own.key")
    }

    /// A certificate that has signed itself.
    pub(crate) fn self_signed(&self) -> Identity {
        self.openssl(
            "req -x509 -nodes -subj /CN=myself -addext subjectAltName=DNS:localhost -keyout self.key -out self.pem",
            &KEY,
        );
        self.identity("self.pem", "self.key")
    }

    /// Trust in this authority.
    pub(crate) fn trust(&self) -> Verification {
        Verification {
            ca_file: Some(self.path("ca.pem")),
            ..Verification::default()
        }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn identity(&self, certificate: &str, key: &str) -> Identity {
        Identity {
            certificate: self.path(certificate),
            key: Some(self.path(key)),
        }
    }

    /// Runs `openssl` in the directory.
    pub(crate) fn openssl(&self, words: &str, more: &[&str]) {
        let mut command = Command::new("openssl");
        command.args(words.split(' ')).args(more);
        let output = command.current_dir(self.0.path()).output().unwrap();
        assert!(
            output.status.success(),
            "{command:?}: {}",
            output.stderr.escape_ascii()
        );
    }
}

/// How the authority signs.
const CONFIGURATION: &str = "[ca]
default_ca = test
[test]
certificate = ca.pem
private_key = ca.key
database = index.txt
new_certs_dir = .
default_md = sha256
policy = anything
copy_extensions = copy
unique_subject = no
rand_serial = yes
[anything]
commonName = supplied
";

const KEY: [&str; 4] = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"];

/// The options of a server with this certificate.
pub(crate) fn with(identity: Identity) -> Options {
    Options {
        identity: Some(identity),
        ..Options::default()
    }
}

/// A server with these options.
pub(crate) fn server(options: &Options) -> Server {
    sharing(&Tickets::new().unwrap(), options)
}

/// One of several servers whose clients can resume their sessions with any of them.
pub(crate) fn sharing(tickets: &Tickets, options: &Options) -> Server {
    Server::load(options, tickets).unwrap().0
}
