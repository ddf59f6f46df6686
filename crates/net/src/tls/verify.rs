//! Judging the certificate of a peer, as OpenSSL does under PHP's options.

use std::sync::Arc;

use ring::digest;
use rustls::{
    CertificateError, DigitallySignedStruct, DistinguishedName, Error, OtherError, SignatureScheme,
    client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    crypto::{
        WebPkiSupportedAlgorithms, verify_tls12_signature as verify_tls12,
        verify_tls13_signature as verify_tls13,
    },
    server::danger::{ClientCertVerified, ClientCertVerifier},
};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};
use webpki::{EndEntityCert, KeyUsage};
use x509_cert::{Certificate, der::Decode};

use super::{Fingerprint, Options, TlsError, roots::Roots};

/// The judge of one configuration.
///
/// Whatever the options say, the peer has to prove with a signature that it has the key of the certificate.
#[derive(Debug)]
pub(super) struct Judge {
    /// `None`: any certificate will do.
    trust: Option<Trust>,
    /// The certificate must be for the name of the peer.
    name: bool,
    fingerprints: Vec<Fingerprint>,
    /// The name that is expected in place of that of the host.
    peer_name: Option<ServerName<'static>>,
    names: Vec<DistinguishedName>,
    algorithms: WebPkiSupportedAlgorithms,
}

#[derive(Debug)]
struct Trust {
    roots: Roots,
    self_signed: bool,
    depth: Option<usize>,
}

impl Judge {
    pub(super) fn new(
        options: &Options,
        algorithms: WebPkiSupportedAlgorithms,
    ) -> Result<Arc<Self>, TlsError> {
        let trust = match &options.verification {
            None => None,
            Some(wanted) => Some(Trust {
                roots: Roots::load(wanted)?,
                self_signed: wanted.self_signed,
                depth: wanted.depth,
            }),
        };
        let peer_name = options.peer_name.as_deref().map(server_name).transpose()?;
        let names = trust.as_ref().map(|trust| trust.roots.names());
        Ok(Arc::new(Self {
            names: names.unwrap_or_default(),
            fingerprints: options.fingerprints.clone(),
            name: options.verify_name,
            trust,
            peer_name,
            algorithms,
        }))
    }

    fn judge(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: Option<&ServerName<'_>>,
        usage: KeyUsage,
        now: UnixTime,
    ) -> Result<(), Error> {
        if let Some(trust) = &self.trust {
            trust.check_chain(certificate, intermediates, usage, now, self.algorithms)?;
        }
        if let Some(name) = self.peer_name.as_ref().or(name).filter(|_| self.name) {
            entity(certificate)?
                .verify_is_valid_for_subject_name(name)
                .map_err(|_| Error::InvalidCertificate(CertificateError::NotValidForName))?;
        }
        let matches = |fingerprint: &Fingerprint| fingerprint.is_of(certificate);
        if self.fingerprints.iter().all(matches) {
            Ok(())
        } else {
            Err(refusal("the certificate has not the peer_fingerprint"))
        }
    }
}

impl Trust {
    /// Whether the certificate is trusted at all, by whatever name.
    fn check_chain(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        usage: KeyUsage,
        now: UnixTime,
        algorithms: WebPkiSupportedAlgorithms,
    ) -> Result<(), Error> {
        let has_signed_itself = has_signed_itself(certificate)?;
        if self.roots.contain(certificate) || (self.self_signed && has_signed_itself) {
            return check_dates(certificate, now);
        }
        if has_signed_itself {
            return Err(refusal("it has signed itself"));
        }
        let entity = entity(certificate)?;
        let path = entity
            .verify_for_usage(
                algorithms.all,
                &self.roots.anchors,
                intermediates,
                now,
                usage,
                None,
                None,
            )
            .map_err(translate)?;
        let above = path.intermediate_certificates().count() + 1;
        if self.depth.is_some_and(|depth| above > depth) {
            return Err(refusal(
                "the chain of certificates is longer than verify_depth",
            ));
        }
        Ok(())
    }
}

impl Fingerprint {
    fn is_of(&self, certificate: &CertificateDer<'_>) -> bool {
        let (algorithm, expected) = match self {
            Self::Sha1(hash) => (&digest::SHA1_FOR_LEGACY_USE_ONLY, hash),
            Self::Sha256(hash) => (&digest::SHA256, hash),
            Self::Sha384(hash) => (&digest::SHA384, hash),
            Self::Sha512(hash) => (&digest::SHA512, hash),
        };
        digest::digest(algorithm, certificate).as_ref() == expected
    }
}

/// A host name or an IP address, as certificates have them.
pub(super) fn server_name(name: &str) -> Result<ServerName<'static>, TlsError> {
    let bare = name.trim_start_matches('[').trim_end_matches(']');
    ServerName::try_from(bare.to_owned()).map_err(|_| {
        TlsError::Configuration(format!("\"{name}\" is no name that a certificate can have"))
    })
}

fn entity<'a>(certificate: &'a CertificateDer<'a>) -> Result<EndEntityCert<'a>, Error> {
    EndEntityCert::try_from(certificate).map_err(translate)
}

/// Whether issuer and subject are the same. That the peer has the key is proved by the handshake, so the signature would prove nothing more.
fn has_signed_itself(certificate: &CertificateDer<'_>) -> Result<bool, Error> {
    let certificate = parse(certificate)?;
    let content = certificate.tbs_certificate();
    Ok(content.issuer() == content.subject())
}

fn check_dates(certificate: &CertificateDer<'_>, now: UnixTime) -> Result<(), Error> {
    let certificate = parse(certificate)?;
    let validity = certificate.tbs_certificate().validity();
    if now.as_secs() > validity.not_after.to_unix_duration().as_secs() {
        return Err(Error::InvalidCertificate(CertificateError::Expired));
    }
    if now.as_secs() < validity.not_before.to_unix_duration().as_secs() {
        return Err(Error::InvalidCertificate(CertificateError::NotValidYet));
    }
    Ok(())
}

fn parse(certificate: &CertificateDer<'_>) -> Result<Certificate, Error> {
    Certificate::from_der(certificate)
        .map_err(|_| Error::InvalidCertificate(CertificateError::BadEncoding))
}

fn translate(error: webpki::Error) -> Error {
    Error::InvalidCertificate(match error {
        webpki::Error::CertExpired { .. } => CertificateError::Expired,
        webpki::Error::CertNotValidYet { .. } => CertificateError::NotValidYet,
        webpki::Error::UnknownIssuer => CertificateError::UnknownIssuer,
        webpki::Error::BadDer | webpki::Error::BadDerTime => CertificateError::BadEncoding,
        webpki::Error::RequiredEkuNotFoundContext(_) => CertificateError::InvalidPurpose,
        webpki::Error::InvalidSignatureForPublicKey => CertificateError::BadSignature,
        other => CertificateError::Other(OtherError(Arc::new(other))),
    })
}

fn refusal(reason: &'static str) -> Error {
    #[derive(Debug, thiserror::Error)]
    #[error("{0}")]
    struct Refusal(&'static str);
    Error::InvalidCertificate(CertificateError::Other(OtherError(Arc::new(Refusal(
        reason,
    )))))
}

impl ServerCertVerifier for Judge {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        _ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let usage = KeyUsage::server_auth();
        self.judge(certificate, intermediates, Some(name), usage, now)
            .map(|()| ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12(message, certificate, signed, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13(message, certificate, signed, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

impl ClientCertVerifier for Judge {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &self.names
    }

    fn verify_client_cert(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        let usage = KeyUsage::client_auth();
        self.judge(certificate, intermediates, None, usage, now)
            .map(|()| ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12(message, certificate, signed, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13(message, certificate, signed, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}
