//! `Host`, and the authority of an absolute request target.

use super::Error;

/// `uri-host [":" port]`: a name or an address in brackets, and digits (RFC 9110 section 7.2).
pub(super) fn check_host(value: &[u8]) -> Result<(), Error> {
    let (host_is_valid, port) = match value.strip_prefix(b"[") {
        Some(bracketed) => {
            let end = bracketed.iter().position(|&byte| byte == b']').unwrap_or(0);
            (
                end > 0 && bracketed[..end].iter().all(|&byte| is_address_byte(byte)),
                bracketed.get(end + 1..).unwrap_or_default(),
            )
        }
        None => {
            let end = name_length(value);
            (end > 0, &value[end..])
        }
    };
    let port_is_valid = match port.strip_prefix(b":") {
        Some(digits) => !digits.is_empty() && digits.iter().all(u8::is_ascii_digit),
        None => port.is_empty(),
    };
    if host_is_valid && port_is_valid {
        Ok(())
    } else {
        Err(Error::HostInvalid)
    }
}

/// Whether two hosts are one, given the port that goes without saying.
pub(super) fn is_same_host(one: &[u8], other: &[u8], default_port: &[u8]) -> bool {
    let bare = |host: &'_ [u8]| -> Vec<u8> {
        let bare = host.strip_suffix(default_port);
        let bare = bare.and_then(|host| host.strip_suffix(b":"));
        bare.unwrap_or(host).to_ascii_lowercase()
    };
    bare(one) == bare(other)
}

/// How many bytes at the front of `text` are a `reg-name` (RFC 3986 section 3.2.2).
fn name_length(text: &[u8]) -> usize {
    let mut length = 0;
    loop {
        let rest = &text[length..];
        let plain = rest.iter().position(|&byte| !is_name_byte(byte));
        let plain = plain.unwrap_or(rest.len());
        length += plain;
        match &rest[plain..] {
            [b'%', one, other, ..] if one.is_ascii_hexdigit() && other.is_ascii_hexdigit() => {
                length += 3;
            }
            _ => return length,
        }
    }
}

/// A byte of `reg-name` that stands for itself.
const fn is_name_byte(byte: u8) -> bool {
    NAME_BYTES[byte as usize]
}

/// One look-up per byte of a host: this is on the path of every request.
const NAME_BYTES: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < table.len() {
        table[byte] = (byte as u8).is_ascii_alphanumeric()
            || matches!(
                byte as u8,
                b'-' | b'.' | b'_' | b'~' | b'!' | b'$' | b'&'..=b',' | b';' | b'='
            );
        byte += 1;
    }
    table
};

/// A byte of an IPv6 address with its zone, or of an address of the future (RFC 3986 section 3.2.2, RFC 6874).
const fn is_address_byte(byte: u8) -> bool {
    is_name_byte(byte) || matches!(byte, b'%' | b':')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts() {
        for valid in [
            "a",
            "a:80",
            "a.b-c_d",
            "a%C3%A9.b",
            "127.0.0.1:8080",
            "[::1]",
            "[::1]:443",
            "[::ffff:1.2.3.4]",
            "[fe80::1%25eth0]",
        ] {
            assert_eq!(check_host(valid.as_bytes()), Ok(()), "{valid}");
        }
        for invalid in [
            "", ":80", "a:", "a:b", "a:8 0", "a b", "a/b", "[]", "[::1", "[::1]x", "[::1]:", "::1",
            "a]", "a@b", "a?", "a\\b", "a\u{7}", "[a b]", "\u{e9}", "%", "a%", "a%4", "a%4g",
        ] {
            assert_eq!(
                check_host(invalid.as_bytes()),
                Err(Error::HostInvalid),
                "{invalid}"
            );
        }
    }

    #[test]
    fn case_and_the_default_port_make_no_other_host() {
        assert!(is_same_host(b"A.example:80", b"a.EXAMPLE", b"80"));
        assert!(is_same_host(b"[::1]:443", b"[::1]", b"443"));
        assert!(!is_same_host(b"a:80", b"a", b"443"));
        assert!(!is_same_host(b"a", b"b", b"80"));
        assert!(!is_same_host(b"a:8080", b"a", b"80"));
    }
}
