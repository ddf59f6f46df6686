//! Certificates and keys from files.

use std::{
    fs,
    path::Path,
    sync::Arc,
    time::{Duration, SystemTime},
};

use pkcs8::{EncryptedPrivateKeyInfoRef, SecretDocument, der::Decode};
use rustls::{Error, InconsistentKeys, crypto::CryptoProvider, sign::CertifiedKey};
use rustls_pki_types::{
    CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer,
    pem::{self, PemObject},
};
use x509_cert::Certificate;

use super::{Identity, TlsError};

/// The beginning of a key that is encrypted in the format that PKCS #8 (RFC 5208) replaced.
const TRADITIONAL: &[u8] = b"Proc-Type: 4,ENCRYPTED";
const ENCRYPTED_PKCS8: &str = "ENCRYPTED PRIVATE KEY";

/// A certificate chain with its key, which belong together.
#[derive(Debug)]
pub(super) struct Loaded {
    pub(super) key: CertifiedKey,
    /// What is wrong with the certificate at this moment: it has expired, or is not valid yet.
    pub(super) untimely: Option<TlsError>,
}

/// Reads a chain and its key, and checks that they belong together.
pub(super) fn load(
    identity: &Identity,
    passphrase: Option<&[u8]>,
    provider: &Arc<CryptoProvider>,
) -> Result<Loaded, TlsError> {
    let chain = certificates(&identity.certificate)?;
    let Some(own) = chain.first() else {
        return Err(wrong(&identity.certificate, "holds no certificate"));
    };
    let untimely = untimely(&identity.certificate, own)?;
    let key_file = identity.key.as_ref().unwrap_or(&identity.certificate);
    let key = private_key(key_file, passphrase)?;
    let key = CertifiedKey::from_der(chain, key, provider).map_err(|error| match error {
        Error::InconsistentKeys(InconsistentKeys::KeyMismatch) => wrong(
            key_file,
            &format!(
                "the key does not belong to the certificate in {}",
                identity.certificate.display()
            ),
        ),
        error => wrong(key_file, &format!("the key cannot be used: {error}")),
    })?;
    Ok(Loaded { key, untimely })
}

/// All certificates of a PEM file, in order.
pub(super) fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let text = read(path)?;
    CertificateDer::pem_slice_iter(&text)
        .collect::<Result<_, _>>()
        .map_err(|error| wrong(path, &format!("is no PEM file: {error}")))
}

fn private_key(path: &Path, passphrase: Option<&[u8]>) -> Result<PrivateKeyDer<'static>, TlsError> {
    let text = read(path)?;
    if text
        .windows(TRADITIONAL.len())
        .any(|part| part == TRADITIONAL)
    {
        let advice = "the key is encrypted in OpenSSL's traditional format, which is not read; convert it with `openssl pkcs8 -topk8 -in old.pem -out new.pem`";
        return Err(wrong(path, advice));
    }
    if let Some(encrypted) = encrypted_key(&text) {
        return decrypt(path, &encrypted, passphrase);
    }
    PrivateKeyDer::from_pem_slice(&text).map_err(|error| match error {
        pem::Error::NoItemsFound => wrong(path, "holds no private key"),
        error => wrong(path, &format!("is no PEM file: {error}")),
    })
}

/// The encrypted key of a PEM file, if it has one.
fn encrypted_key(text: &[u8]) -> Option<Vec<u8>> {
    let text = String::from_utf8_lossy(text);
    let start = text.find(&format!("-----BEGIN {ENCRYPTED_PKCS8}-----"))?;
    let (label, document) = SecretDocument::from_pem(end_of_section(&text[start..])).ok()?;
    (label == ENCRYPTED_PKCS8).then(|| document.as_bytes().to_vec())
}

/// The first section of a PEM text, without what follows.
fn end_of_section(text: &str) -> &str {
    let end = format!("-----END {ENCRYPTED_PKCS8}-----");
    text.find(&end)
        .map_or(text, |start| &text[..start + end.len()])
}

fn decrypt(
    path: &Path,
    encrypted: &[u8],
    passphrase: Option<&[u8]>,
) -> Result<PrivateKeyDer<'static>, TlsError> {
    let Some(passphrase) = passphrase else {
        return Err(wrong(
            path,
            "the key is encrypted, and there is no passphrase",
        ));
    };
    let info = EncryptedPrivateKeyInfoRef::from_der(encrypted)
        .map_err(|error| wrong(path, &format!("the encrypted key cannot be read: {error}")))?;
    let key = info.decrypt(passphrase).map_err(|error| {
        wrong(
            path,
            &format!("the passphrase does not open the key: {error}"),
        )
    })?;
    Ok(PrivatePkcs8KeyDer::from(key.as_bytes().to_vec()).into())
}

/// What is wrong with the dates of a certificate.
fn untimely(path: &Path, der: &CertificateDer<'_>) -> Result<Option<TlsError>, TlsError> {
    let certificate = Certificate::from_der(der)
        .map_err(|error| wrong(path, &format!("the certificate cannot be read: {error}")))?;
    let validity = certificate.tbs_certificate().validity();
    let now = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or(Duration::ZERO);
    let problem = if now > validity.not_after.to_unix_duration() {
        format!("the certificate has expired on {}", validity.not_after)
    } else if now < validity.not_before.to_unix_duration() {
        format!(
            "the certificate is not valid before {}",
            validity.not_before
        )
    } else {
        return Ok(None);
    };
    Ok(Some(wrong(path, &problem)))
}

fn read(path: &Path) -> Result<Vec<u8>, TlsError> {
    fs::read(path).map_err(|error| TlsError::Read {
        path: path.to_owned(),
        error,
    })
}

fn wrong(path: &Path, problem: &str) -> TlsError {
    TlsError::File {
        path: path.to_owned(),
        problem: problem.to_owned(),
    }
}
