//! Whom a proxy speaks for: `X-Forwarded-For` and the PROXY protocol. Only those who are [trusted](Trusted) are believed.

pub mod header;
mod trusted;

use std::net::{IpAddr, SocketAddr};

pub use trusted::{BadNetwork, Trusted};

use crate::http::{fields::trim_blanks, request::View};

/// The client that trusted proxies say a checked request head is from: the rightmost address of `X-Forwarded-For` that is not a
/// trusted proxy itself, since what stands before it may be made up. Port 0 where the proxy does not say one; `None` where nobody is named.
pub fn client(head: &[u8], trusted: &Trusted) -> Option<SocketAddr> {
    let field = View(head).header(b"x-forwarded-for")?;
    let mut nearest = None;
    for entry in field.rsplit(|&byte| byte == b',') {
        let Some(address) = address(trim_blanks(entry)) else {
            break;
        };
        nearest = Some(address);
        if !trusted.contains(address.ip()) {
            break;
        }
    }
    nearest
}

/// An address with or without a port, IPv6 with or without brackets.
fn address(entry: &[u8]) -> Option<SocketAddr> {
    let text = std::str::from_utf8(entry).ok()?;
    let bare = text
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
        .unwrap_or(text);
    match bare.parse::<IpAddr>() {
        Ok(ip) => Some(SocketAddr::new(ip, 0)),
        Err(_) => text.parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(fields: &[&str]) -> Option<String> {
        let trusted = Trusted::new(["10.0.0.0/8", "2001:db8::/32"]).unwrap();
        let lines: String = fields
            .iter()
            .map(|field| format!("X-Forwarded-For: {field}\r\n"))
            .collect();
        let head = format!("GET / HTTP/1.1\r\nHost: a\r\n{lines}\r\n");
        client(head.as_bytes(), &trusted).map(|client| client.to_string())
    }

    #[test]
    fn the_rightmost_address_counts_that_is_no_proxy() {
        for (fields, client) in [
            (&["203.0.113.7"][..], Some("203.0.113.7:0")),
            (&["203.0.113.7, 10.0.0.2"], Some("203.0.113.7:0")),
            (&["1.1.1.1, 203.0.113.7"], Some("203.0.113.7:0")),
            (&["1.1.1.1", "203.0.113.7,10.1.1.1"], Some("203.0.113.7:0")),
            (&["10.0.0.9, 10.0.0.2"], Some("10.0.0.9:0")),
            (&["203.0.113.7:4711"], Some("203.0.113.7:4711")),
            (&["2a00::1"], Some("[2a00::1]:0")),
            (&["[2a00::1]:9"], Some("[2a00::1]:9")),
            (&["[2a00::1] ,2001:db8::5"], Some("[2a00::1]:0")),
            (&["unknown, 10.0.0.2"], Some("10.0.0.2:0")),
            (&["1.1.1.1, evil, 10.0.0.2"], Some("10.0.0.2:0")),
            (&["evil"], None),
            (&[""], None),
            (&[], None),
        ] {
            assert_eq!(named(fields).as_deref(), client, "{fields:?}");
        }
    }
}
