//! What to encrypt with, by OpenSSL's names.

use rustls::{
    CipherSuite, NamedGroup, SupportedCipherSuite,
    crypto::{CryptoProvider, ring},
};

use super::{Options, TlsError};

/// OpenSSL's names of what rustls has (RFC 5289, RFC 7905, RFC 8446).
const SUITES: [(&str, CipherSuite); 9] = [
    (
        "TLS_AES_256_GCM_SHA384",
        CipherSuite::TLS13_AES_256_GCM_SHA384,
    ),
    (
        "TLS_AES_128_GCM_SHA256",
        CipherSuite::TLS13_AES_128_GCM_SHA256,
    ),
    (
        "TLS_CHACHA20_POLY1305_SHA256",
        CipherSuite::TLS13_CHACHA20_POLY1305_SHA256,
    ),
    (
        "ECDHE-ECDSA-AES256-GCM-SHA384",
        CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
    ),
    (
        "ECDHE-ECDSA-AES128-GCM-SHA256",
        CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
    ),
    (
        "ECDHE-ECDSA-CHACHA20-POLY1305",
        CipherSuite::TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
    ),
    (
        "ECDHE-RSA-AES256-GCM-SHA384",
        CipherSuite::TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
    ),
    (
        "ECDHE-RSA-AES128-GCM-SHA256",
        CipherSuite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
    ),
    (
        "ECDHE-RSA-CHACHA20-POLY1305",
        CipherSuite::TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
    ),
];

/// Keywords of OpenSSL that all suites of rustls belong to.
const EVERYTHING: [&str; 8] = [
    "DEFAULT",
    "HIGH",
    "ALL",
    "ECDHE",
    "EECDH",
    "kEECDH",
    "AESGCM+EECDH",
    "EECDH+AESGCM",
];

/// Keywords of OpenSSL for what rustls never offers.
const NOTHING: [&str; 28] = [
    "aNULL", "eNULL", "NULL", "EXPORT", "EXP", "LOW", "MEDIUM", "DES", "3DES", "RC2", "RC4", "MD5",
    "SHA1", "SHA", "PSK", "SRP", "DSS", "aDSS", "ADH", "AECDH", "CAMELLIA", "SEED", "IDEA", "ARIA",
    "AESCCM", "kRSA", "DHE", "EDH",
];

const GROUPS: [(&str, NamedGroup); 7] = [
    ("X25519", NamedGroup::X25519),
    ("x25519", NamedGroup::X25519),
    ("prime256v1", NamedGroup::secp256r1),
    ("secp256r1", NamedGroup::secp256r1),
    ("P-256", NamedGroup::secp256r1),
    ("secp384r1", NamedGroup::secp384r1),
    ("P-384", NamedGroup::secp384r1),
];

/// The cryptography with the suites and groups that the options leave.
pub(super) fn provider(options: &Options) -> Result<CryptoProvider, TlsError> {
    let mut provider = ring::default_provider();
    if let Some(ciphers) = &options.ciphers {
        provider.cipher_suites = choose_suites(ciphers, &provider.cipher_suites)?;
    }
    if let Some(groups) = options.groups.as_deref().filter(|groups| *groups != "auto") {
        let wanted = groups
            .split(':')
            .map(group)
            .collect::<Result<Vec<_>, _>>()?;
        let rank = |name| wanted.iter().position(|wanted| *wanted == name);
        provider
            .kx_groups
            .retain(|group| rank(group.name()).is_some());
        provider.kx_groups.sort_by_key(|group| rank(group.name()));
    }
    Ok(provider)
}

fn group(name: &str) -> Result<NamedGroup, TlsError> {
    let known = GROUPS.iter().find(|(known, _)| *known == name);
    known.map(|(_, group)| *group).ok_or_else(|| {
        TlsError::Configuration(format!(
            "the curve {name} is not available; there are X25519, prime256v1 and secp384r1"
        ))
    })
}

/// Reads a list of OpenSSL (ciphers(1)): names of suites and keywords, separated by colons; `!` or `-` before one takes it away.
///
/// A suite that rustls does not have is never offered, so its name may stand in the list without harm, as long as something is left. As with
/// OpenSSL, a list that names no suite of TLS 1.3 does not touch them.
fn choose_suites(
    list: &str,
    available: &[SupportedCipherSuite],
) -> Result<Vec<SupportedCipherSuite>, TlsError> {
    let (mut wanted, mut refused) = (Vec::new(), Vec::new());
    for word in list.split([':', ',', ' ']).filter(|word| !word.is_empty()) {
        match word.strip_prefix(['!', '-']) {
            Some(word) => refused.extend(meaning(word)?),
            None => wanted.extend(meaning(word)?),
        }
    }
    let is_tls13 = |suite: &&SupportedCipherSuite| suite.tls13().is_some();
    let chosen = |suite: &&SupportedCipherSuite| {
        wanted.contains(&suite.suite()) && !refused.contains(&suite.suite())
    };
    let (tls13, tls12): (Vec<_>, Vec<_>) = available.iter().partition(is_tls13);
    let touches_tls13 = list.contains("TLS_");
    let tls12: Vec<_> = tls12.into_iter().filter(chosen).collect();
    let tls13 = tls13
        .into_iter()
        .filter(|suite| !touches_tls13 || chosen(suite));
    let all: Vec<_> = tls13.chain(tls12.iter().copied()).copied().collect();
    if all.is_empty() || (tls12.is_empty() && !touches_tls13) {
        return Err(TlsError::Configuration(format!(
            "of the ciphers \"{list}\" none is available; there are {}",
            SUITES.map(|(name, _)| name).join(", ")
        )));
    }
    Ok(all)
}

/// The suites that a word of the list stands for.
fn meaning(word: &str) -> Result<Vec<CipherSuite>, TlsError> {
    if EVERYTHING.contains(&word) {
        return Ok(SUITES.map(|(_, suite)| suite).to_vec());
    }
    let known = SUITES.iter().find(|(name, _)| *name == word);
    let is_suite = word.contains(['-', '_']);
    if known.is_none() && !is_suite && !NOTHING.contains(&word) {
        return Err(TlsError::Configuration(format!(
            "the cipher keyword {word} is not known"
        )));
    }
    Ok(known.map(|(_, suite)| *suite).into_iter().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(ciphers: &str) -> Result<Vec<&'static str>, TlsError> {
        let options = Options {
            ciphers: Some(ciphers.to_owned()),
            ..Options::default()
        };
        let suites = provider(&options)?.cipher_suites;
        let name = |suite: &SupportedCipherSuite| {
            let found = SUITES.iter().find(|(_, known)| *known == suite.suite());
            found.unwrap().0
        };
        Ok(suites.iter().map(name).collect())
    }

    #[test]
    fn every_suite_has_a_name() {
        assert_eq!(chosen("HIGH").unwrap().len(), ring::ALL_CIPHER_SUITES.len());
    }

    #[test]
    fn a_list_leaves_what_it_names_and_tls_1_3() {
        let suites = chosen("ECDHE-RSA-AES128-GCM-SHA256:DHE-RSA-AES128-GCM-SHA256").unwrap();
        assert_eq!(suites.len(), 4);
        assert_eq!(suites[3], "ECDHE-RSA-AES128-GCM-SHA256");
        assert_eq!(
            chosen("TLS_AES_128_GCM_SHA256").unwrap(),
            ["TLS_AES_128_GCM_SHA256"]
        );
        assert_eq!(
            chosen("DEFAULT:!aNULL:!ECDHE-RSA-AES128-GCM-SHA256")
                .unwrap()
                .len(),
            8
        );
    }

    #[test]
    fn a_list_that_leaves_nothing_or_is_not_understood_is_refused() {
        let error = chosen("AES128-SHA:RC4-MD5").unwrap_err().to_string();
        assert!(error.starts_with("of the ciphers \"AES128-SHA:RC4-MD5\" none is available"));
        assert_eq!(
            chosen("HIGHEST").unwrap_err().to_string(),
            "the cipher keyword HIGHEST is not known"
        );
    }

    #[test]
    fn groups_are_offered_in_the_order_of_the_list() {
        let options = Options {
            groups: Some("secp384r1:X25519".to_owned()),
            ..Options::default()
        };
        let groups: Vec<_> = provider(&options)
            .unwrap()
            .kx_groups
            .iter()
            .map(|group| group.name())
            .collect();
        assert_eq!(groups, [NamedGroup::secp384r1, NamedGroup::X25519]);
    }
}
