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
const EVERYTHING: [&str; 9] = [
    "DEFAULT", "HIGH", "ALL", "TLSv1.2", "ECDH", "ECDHE", "EECDH", "kECDHE", "kEECDH",
];

/// Keywords of OpenSSL for what rustls never offers.
const NOTHING: [&str; 50] = [
    "aNULL",
    "eNULL",
    "NULL",
    "EXPORT",
    "EXP",
    "LOW",
    "MEDIUM",
    "SSLv2",
    "SSLv3",
    "TLSv1",
    "TLSv1.0",
    "TLSv1.1",
    "DES",
    "3DES",
    "RC2",
    "RC4",
    "IDEA",
    "SEED",
    "CAMELLIA",
    "CAMELLIA128",
    "CAMELLIA256",
    "ARIA",
    "ARIA128",
    "ARIA256",
    "ARIAGCM",
    "AESCCM",
    "AESCCM8",
    "CBC",
    "MD5",
    "SHA",
    "SHA1",
    "SHA256",
    "SHA384",
    "PSK",
    "aPSK",
    "kPSK",
    "SRP",
    "kSRP",
    "DSS",
    "aDSS",
    "RSA",
    "kRSA",
    "DH",
    "ADH",
    "AECDH",
    "DHE",
    "EDH",
    "kDHE",
    "kEDH",
    "COMPLEMENTOFDEFAULT",
];

/// The highest of OpenSSL's security levels that every connection reaches: 112 bits, no compression.
pub const SECURITY_LEVEL: i64 = 2;

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

/// Reads a list of OpenSSL (ciphers(1)): names of suites and keywords, separated by colons; `+` between keywords is for what belongs to both, `!` or
/// `-` before a word takes away. What comes first is preferred.
///
/// A suite that rustls does not have is never offered, so its name may stand in the list without harm, as long as something is left. As with
/// OpenSSL, a list that names no suite of TLS 1.3 does not touch them.
fn choose_suites(
    list: &str,
    available: &[SupportedCipherSuite],
) -> Result<Vec<SupportedCipherSuite>, TlsError> {
    let wanted = read_list(list)?;
    let is_tls13 = |suite: &SupportedCipherSuite| suite.tls13().is_some();
    let touches_tls13 = list.contains("TLS_");
    let untouched = available
        .iter()
        .filter(|suite| is_tls13(suite) && !touches_tls13);
    let find = |wanted: &CipherSuite| available.iter().find(|suite| suite.suite() == *wanted);
    let (mut chosen, tls12): (Vec<_>, Vec<_>) =
        wanted.iter().filter_map(find).copied().partition(is_tls13);
    if !touches_tls13 {
        chosen = untouched.copied().collect();
    }
    if tls12.is_empty() && (chosen.is_empty() || !touches_tls13) {
        return Err(TlsError::Configuration(format!(
            "of the ciphers \"{list}\" none is available; there are {}",
            SUITES.map(|(name, _)| name).join(", ")
        )));
    }
    chosen.extend(tls12);
    Ok(chosen)
}

/// The suites that a list leaves, in its order.
fn read_list(list: &str) -> Result<Vec<CipherSuite>, TlsError> {
    let (mut wanted, mut refused) = (Vec::new(), Vec::new());
    let list = list.replace('@', ":@");
    for word in list.split([':', ',', ' ']).filter(|word| !word.is_empty()) {
        match word.split_at(1) {
            ("!" | "-", word) => refused.extend(meaning(word)?),
            // Moves suites to the end: none is added.
            ("+", word) => drop(meaning(word)?),
            ("@", command) => check_command(command)?,
            _ => wanted.extend(meaning(word)?),
        }
    }
    let mut left = Vec::new();
    for suite in wanted {
        if !refused.contains(&suite) && !left.contains(&suite) {
            left.push(suite);
        }
    }
    Ok(left)
}

/// `@STRENGTH` sorts, which is done; `@SECLEVEL=n` wants some security.
fn check_command(command: &str) -> Result<(), TlsError> {
    let level = command.strip_prefix("SECLEVEL=");
    let level = level.and_then(|level| level.parse::<i64>().ok());
    match (command, level) {
        ("STRENGTH", _) | (_, Some(..=SECURITY_LEVEL)) => Ok(()),
        _ => Err(TlsError::Configuration(format!(
            "the cipher command @{command} is not available; there are @STRENGTH and @SECLEVEL up to {SECURITY_LEVEL}"
        ))),
    }
}

/// The suites that a word of the list stands for.
fn meaning(word: &str) -> Result<Vec<CipherSuite>, TlsError> {
    if let Some((_, suite)) = SUITES.iter().find(|(name, _)| *name == word) {
        return Ok(vec![*suite]);
    }
    if word.contains(['-', '_']) {
        return Ok(Vec::new());
    }
    let mut suites = SUITES.to_vec();
    for keyword in word.split('+') {
        let Some(belongs) = belongs_to(keyword) else {
            return Err(TlsError::Configuration(format!(
                "the cipher keyword {keyword} is not known"
            )));
        };
        suites.retain(|(name, _)| belongs(name));
    }
    Ok(suites.into_iter().map(|(_, suite)| suite).collect())
}

/// Tells by its name whether a suite belongs to a keyword; `None` for an unknown one.
fn belongs_to(keyword: &str) -> Option<fn(&str) -> bool> {
    Some(match keyword {
        "aRSA" => |name| name.contains("-RSA-"),
        "aECDSA" | "ECDSA" => |name| name.contains("-ECDSA-"),
        "AES" | "AESGCM" => |name| name.contains("AES"),
        "AES128" => |name| name.contains("AES128") || name.contains("AES_128"),
        "AES256" => |name| name.contains("AES256") || name.contains("AES_256"),
        "CHACHA20" => |name| name.contains("CHACHA20"),
        keyword if EVERYTHING.contains(&keyword) => |_| true,
        keyword if NOTHING.contains(&keyword) => |_| false,
        _ => return None,
    })
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
    fn a_list_is_in_the_order_of_preference() {
        let suites = chosen("ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES256-GCM-SHA384").unwrap();
        assert_eq!(
            suites[3..],
            ["ECDHE-RSA-AES128-GCM-SHA256", "ECDHE-RSA-AES256-GCM-SHA384"]
        );
        assert_eq!(
            chosen("TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384").unwrap(),
            ["TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384"]
        );
    }

    #[test]
    fn keywords_are_combined_as_openssl_does() {
        let of_tls12 = |list: &str| chosen(list).map(|suites| suites[3..].to_vec());
        assert_eq!(
            of_tls12("ECDHE+aRSA+AESGCM").unwrap(),
            ["ECDHE-RSA-AES256-GCM-SHA384", "ECDHE-RSA-AES128-GCM-SHA256"]
        );
        assert_eq!(
            of_tls12("kEDH+AESGCM:ECDHE+CHACHA20:!aECDSA:@STRENGTH").unwrap(),
            ["ECDHE-RSA-CHACHA20-POLY1305"]
        );
        assert_eq!(of_tls12("DEFAULT@SECLEVEL=1:!AES").unwrap().len(), 2);
        assert_eq!(of_tls12("HIGH:+AES128:!TLSv1:!SSLv3").unwrap().len(), 6);
        assert!(chosen("DEFAULT@SECLEVEL=3").is_err());
        assert!(chosen("HIGH:!TLSv1.2").is_err());
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
