//! The `ssl` options of PHP's stream contexts: what each means, and which cannot be had.

use std::{
    path::{Path, PathBuf},
    result::Result,
};

use ext_php_rs::types::Zval;
use ouvrier_net::tls::{Fingerprint, Identity, Options, SECURITY_LEVEL, Verification, Versions};

use crate::zend::{array, file, library};

/// Options that ask for nothing, or for what is always so: no compression, no renegotiation, fresh keys for each connection.
const GRANTED: [&str; 9] = [
    "disable_compression",
    "dh_param",
    "single_dh_use",
    "single_ecdh_use",
    "rsa_key_size",
    "reneg_limit",
    "reneg_window",
    "reneg_limit_callback",
    "SNI_server_name",
];

/// Which side the options are for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Server,
    Client,
}

/// The options of a server, from a whole stream context array.
///
/// # Errors
/// What is wrong, and with which option. An option that is not known is an error: ignored, it might make a service less safe than its script says.
pub(crate) fn of_server(context: &Zval) -> Result<Options, String> {
    read(context, Side::Server)
}

/// The options of a client, from a whole stream context array.
///
/// # Errors
/// As [`of_server`].
pub(crate) fn of_client(context: &Zval) -> Result<Options, String> {
    read(context, Side::Client)
}

fn read(context: &Zval, side: Side) -> Result<Options, String> {
    let mut reader = Reader::new(side);
    let ssl = array::get_name(context, "ssl").unwrap_or_else(Zval::new_array);
    for (key, value) in array::entries(&ssl) {
        let name = String::from_utf8_lossy(&key.into_bytes()).into_owned();
        let known = reader.identity(&name, &value)?
            || reader.trust(&name, &value)?
            || reader.cryptography(&name, &value)?
            || GRANTED.contains(&name.as_str());
        if !known {
            return Err(format!("the ssl option {name} is not known"));
        }
    }
    reader.options()
}

/// Options that are being read.
struct Reader {
    side: Side,
    options: Options,
    certificate: Option<PathBuf>,
    key: Option<PathBuf>,
    /// `SNI_enabled`.
    names: bool,
    /// `verify_peer`.
    verify: bool,
    verification: Verification,
    /// STREAM_CRYPTO_PROTO_* bits, of `crypto_method` and of the others.
    method: i64,
    lowest: i64,
    highest: i64,
}

impl Reader {
    /// PHP's defaults: a client verifies its server, a server does not ask.
    fn new(side: Side) -> Self {
        let is_client = side == Side::Client;
        Self {
            side,
            options: Options {
                verify_name: is_client,
                ..Options::default()
            },
            certificate: None,
            key: None,
            names: true,
            verify: is_client,
            verification: Verification::default(),
            method: TLS12 | TLS13,
            lowest: 0,
            highest: i64::MAX,
        }
    }

    /// Who we are.
    fn identity(&mut self, name: &str, value: &Zval) -> Result<bool, String> {
        match name {
            "local_cert" => self.certificate = path(name, value)?,
            "local_pk" => self.key = path(name, value)?,
            "passphrase" => self.options.passphrase = text(name, value)?.map(String::into_bytes),
            "SNI_enabled" => self.names = value.coerce_to_bool(),
            "SNI_server_certs" => self.options.by_name = certificates_by_name(value)?,
            "alpn_protocols" => self.options.alpn = list(name, value)?,
            "no_ticket" => self.options.tickets = !value.coerce_to_bool(),
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// Whom we believe.
    fn trust(&mut self, name: &str, value: &Zval) -> Result<bool, String> {
        let verification = &mut self.verification;
        match name {
            "verify_peer" => self.verify = value.coerce_to_bool(),
            "verify_peer_name" => self.options.verify_name = value.coerce_to_bool(),
            "allow_self_signed" => verification.self_signed = value.coerce_to_bool(),
            "verify_depth" => {
                let depth = number(name, value)?;
                verification.depth = Some(usize::try_from(depth).unwrap_or_default());
            }
            "cafile" => verification.ca_file = path(name, value)?,
            "capath" => verification.ca_path = path(name, value)?,
            "peer_name" => self.options.peer_name = text(name, value)?,
            "peer_fingerprint" => self.options.fingerprints = fingerprints(value)?,
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// What protects.
    fn cryptography(&mut self, name: &str, value: &Zval) -> Result<bool, String> {
        match name {
            "crypto_method" => self.method = number(name, value)?,
            "min_proto_version" => self.lowest = number(name, value)?,
            "max_proto_version" => self.highest = number(name, value)?,
            "ciphers" => self.options.ciphers = text(name, value)?,
            "ecdh_curve" => self.options.groups = text(name, value)?,
            "honor_cipher_order" => self.options.own_order = value.coerce_to_bool(),
            "security_level" if number(name, value)? > SECURITY_LEVEL => {
                return Err(format!(
                    "the security_level can be {SECURITY_LEVEL} at most"
                ));
            }
            "security_level" => {}
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn options(mut self) -> Result<Options, String> {
        let wants = |bit| self.method & bit != 0 && self.lowest <= bit && bit <= self.highest;
        self.options.versions = Versions {
            tls12: wants(TLS12),
            tls13: wants(TLS13),
        };
        if !wants(TLS12) && !wants(TLS13) {
            return Err("only TLS 1.2 and TLS 1.3 are spoken, and the ssl options crypto_method, min_proto_version and max_proto_version leave neither".to_owned());
        }
        if self.certificate.is_none() && self.key.is_some() {
            return Err("the ssl option local_pk needs a local_cert".to_owned());
        }
        let key = self.key;
        self.options.identity = self
            .certificate
            .map(|certificate| Identity { certificate, key });
        if self.side == Side::Server && !self.names {
            self.options.by_name.clear();
        }
        self.options.tell_name = self.names;
        if !self.verify && self.side == Side::Server && !self.options.fingerprints.is_empty() {
            return Err("the ssl option peer_fingerprint of a server needs verify_peer".to_owned());
        }
        let is_complete = self.verify && self.options.peer_name.is_some();
        if self.side == Side::Server && self.options.verify_name && !is_complete {
            let problem =
                "the ssl option verify_peer_name of a server needs verify_peer and a peer_name";
            return Err(problem.to_owned());
        }
        let verification = &mut self.verification;
        if verification.ca_file.is_none() {
            verification.ca_file = setting("openssl.cafile");
        }
        if verification.ca_path.is_none() {
            verification.ca_path = setting("openssl.capath");
        }
        self.options.verification = self.verify.then_some(self.verification);
        Ok(self.options)
    }
}

/// STREAM_CRYPTO_PROTO_TLSv1_2 and STREAM_CRYPTO_PROTO_TLSv1_3; the bits are those of STREAM_CRYPTO_METHOD_* as well.
const TLS12: i64 = 32;
const TLS13: i64 = 64;

/// `SNI_server_certs`: the path of a file with certificate and key, or an array with both paths, for each name.
fn certificates_by_name(value: &Zval) -> Result<Vec<(String, Identity)>, String> {
    const NAME: &str = "SNI_server_certs";
    if !value.is_array() {
        return Err(format!("the ssl option {NAME} has to be an array"));
    }
    let mut certificates = Vec::new();
    for (key, entry) in array::entries(value) {
        let name = String::from_utf8_lossy(&key.into_bytes()).into_owned();
        let part = |part: &str| match array::get_name(&entry, part) {
            Some(value) => path(NAME, &value),
            None => Ok(None),
        };
        let (certificate, key) = if entry.is_array() {
            (part("local_cert")?, part("local_pk")?)
        } else {
            (path(NAME, &entry)?, None)
        };
        let Some(certificate) = certificate else {
            return Err(format!("{NAME} has no local_cert for {name}"));
        };
        certificates.push((name, Identity { certificate, key }));
    }
    Ok(certificates)
}

/// `peer_fingerprint`: a hash in hexadecimal digits, or an array of them by algorithm.
fn fingerprints(value: &Zval) -> Result<Vec<Fingerprint>, String> {
    const NAME: &str = "peer_fingerprint";
    if !value.is_array() {
        let digits = text(NAME, value)?.unwrap_or_default();
        let algorithm = if digits.len() == 64 { "sha256" } else { "sha1" };
        return Ok(vec![fingerprint(algorithm, &digits)?]);
    }
    let mut found = Vec::new();
    for (algorithm, digits) in array::entries(value) {
        let algorithm = String::from_utf8_lossy(&algorithm.into_bytes()).to_ascii_lowercase();
        let digits = text(NAME, &digits)?.unwrap_or_default();
        found.push(fingerprint(&algorithm, &digits)?);
    }
    if found.is_empty() {
        return Err(format!("the ssl option {NAME} is an empty array"));
    }
    Ok(found)
}

fn fingerprint(algorithm: &str, digits: &str) -> Result<Fingerprint, String> {
    let hash = (0..digits.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(digits.get(at..at + 2)?, 16).ok())
        .collect::<Option<Vec<_>>>()
        .unwrap_or_default();
    match (algorithm, hash.len()) {
        ("sha1", 20) => Ok(Fingerprint::Sha1(hash)),
        ("sha256", 32) => Ok(Fingerprint::Sha256(hash)),
        ("sha384", 48) => Ok(Fingerprint::Sha384(hash)),
        ("sha512", 64) => Ok(Fingerprint::Sha512(hash)),
        _ => Err("the ssl option peer_fingerprint has to be a hash in hexadecimal digits, sha1 or sha256, or an array with sha1, sha256, sha384 or sha512 as keys".to_owned()),
    }
}

/// A path in php.ini, which counts where a script names none; the settings are those of PHP's `openssl` extension.
fn setting(name: &str) -> Option<PathBuf> {
    let path = String::from_utf8(library::ini_string(name)).ok()?;
    (!path.is_empty()).then(|| path.into())
}

/// A string; `None` for null and for an empty one.
fn text(name: &str, value: &Zval) -> Result<Option<String>, String> {
    if value.is_null() {
        return Ok(None);
    }
    match value.zend_str().map(|text| text.as_bytes().to_vec()) {
        Some(text) => String::from_utf8(text)
            .map(|text| Some(text).filter(|text| !text.is_empty()))
            .map_err(|_| format!("the ssl option {name} is not UTF-8")),
        None => Err(format!("the ssl option {name} has to be a string")),
    }
}

fn path(name: &str, value: &Zval) -> Result<Option<PathBuf>, String> {
    Ok(text(name, value)?.map(|path| file::absolute(Path::new(&path)).into_owned()))
}

fn list(name: &str, value: &Zval) -> Result<Vec<Vec<u8>>, String> {
    let text = text(name, value)?.unwrap_or_default();
    let words = text.split(',').filter(|word| !word.is_empty());
    Ok(words.map(|word| word.as_bytes().to_vec()).collect())
}

fn number(name: &str, value: &Zval) -> Result<i64, String> {
    value
        .coerce_to_long()
        .ok_or_else(|| format!("the ssl option {name} has to be an integer"))
}
