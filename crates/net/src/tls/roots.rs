//! Whom to trust.

use std::{fs, path::Path};

use rustls::DistinguishedName;
use rustls_pki_types::{CertificateDer, TrustAnchor};

use super::{TlsError, Verification, identity::certificates};

/// Trusted authorities.
#[derive(Debug, Default)]
pub(super) struct Roots {
    pub(super) anchors: Vec<TrustAnchor<'static>>,
    /// Somebody has named them; they are not the system's.
    named: bool,
}

impl Roots {
    /// The authorities that are asked for, or the system's.
    ///
    /// # Errors
    /// When a file cannot be read, or when there is no authority at all: then nobody could be trusted.
    pub(super) fn load(wanted: &Verification) -> Result<Self, TlsError> {
        let mut roots = Self {
            named: wanted.ca_file.is_some() || wanted.ca_path.is_some(),
            ..Self::default()
        };
        if let Some(file) = &wanted.ca_file {
            roots.add(&certificates(file)?);
        }
        if let Some(directory) = &wanted.ca_path {
            roots.add_directory(directory)?;
        }
        if !roots.named {
            roots.add(&rustls_native_certs::load_native_certs().certs);
        }
        if roots.anchors.is_empty() {
            let problem = "there is no authority to trust; name one with cafile or capath";
            return Err(TlsError::Configuration(problem.to_owned()));
        }
        Ok(roots)
    }

    /// The names of authorities that somebody has named, for clients to choose a certificate by.
    pub(super) fn names(&self) -> Vec<DistinguishedName> {
        let named = self.anchors.iter().filter(|_| self.named);
        named
            .map(|anchor| DistinguishedName::in_sequence(anchor.subject.as_ref()))
            .collect()
    }

    /// Whether the certificate is one of them: it is good as it is then, without an authority.
    pub(super) fn contain(&self, certificate: &CertificateDer<'_>) -> bool {
        webpki::anchor_from_trusted_cert(certificate)
            .is_ok_and(|anchor| self.anchors.contains(&anchor))
    }

    fn add(&mut self, certificates: &[CertificateDer<'static>]) {
        self.anchors.extend(certificates.iter().filter_map(anchor));
    }

    /// Adds what the files of a directory hold. What is no certificate is somebody else's file.
    fn add_directory(&mut self, directory: &Path) -> Result<(), TlsError> {
        let entries = fs::read_dir(directory).map_err(|error| TlsError::Read {
            path: directory.to_owned(),
            error,
        })?;
        for entry in entries.flatten() {
            if let Ok(found) = certificates(&entry.path()) {
                self.add(&found);
            }
        }
        Ok(())
    }
}

fn anchor(certificate: &CertificateDer<'static>) -> Option<TrustAnchor<'static>> {
    webpki::anchor_from_trusted_cert(certificate)
        .ok()
        .map(|anchor| anchor.to_owned())
}
