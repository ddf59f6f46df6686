//! Addresses as scripts see them: `host:port`, or the path of a unix socket, or nothing.

use ext_php_rs::types::Zval;

use ouvrier_net::Connection;

use super::tcp_connection::with_network;
use crate::zend::{Late, Object, Result, array, value};

/// `$remoteAddress` of an accepted connection.
pub(super) static REMOTE: Late = Late::new("remoteAddress", |this| {
    with_network(this, |connection| remote_of(connection)).unwrap_or_else(|| value::bytes(""))
});

/// The address of the peer; empty where there is none.
pub(super) fn remote_of(connection: &Connection) -> Zval {
    match connection.remote() {
        Some(remote) => remote.with_text(|text| value::bytes(text)),
        None => value::bytes(""),
    }
}

/// The address without the port. IPv6 keeps its brackets, as in Workerman; a unix socket has none.
pub(super) fn ip(address: &str) -> String {
    split(address).map_or_else(String::new, |(ip, _)| ip.to_owned())
}

/// The port; 0 for a unix socket.
pub(super) fn port(address: &str) -> u16 {
    split(address).map_or(0, |(_, port)| port)
}

/// Whether the address is an IPv4 one.
pub(super) fn is_v4(address: &str) -> bool {
    split(address).is_some_and(|(ip, _)| !ip.contains(':'))
}

/// Whether the address is an IPv6 one.
pub(super) fn is_v6(address: &str) -> bool {
    split(address).is_some_and(|(ip, _)| ip.contains(':'))
}

fn split(address: &str) -> Option<(&str, u16)> {
    let (ip, port) = address.rsplit_once(':')?;
    Some((ip, port.parse().ok()?))
}

/// Adds what `json_encode()` shows of every kind of connection. The object is asked through its methods, which a subclass may override.
pub(super) fn describe(connection: &Object, transport: &Zval, mut json: Zval) -> Result<Zval> {
    array::set_name(&mut json, "transport", transport.shallow_clone());
    for (key, method) in [
        ("getRemoteIp", "getRemoteIp"),
        ("remotePort", "getRemotePort"),
        ("getRemoteAddress", "getRemoteAddress"),
        ("getLocalIp", "getLocalIp"),
        ("getLocalPort", "getLocalPort"),
        ("getLocalAddress", "getLocalAddress"),
        ("isIpV4", "isIpV4"),
        ("isIpV6", "isIpV6"),
    ] {
        array::set_name(&mut json, key, connection.call(method, &mut [])?);
    }
    Ok(json)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_every_family() {
        for (address, parts) in [
            ("127.0.0.1:80", ("127.0.0.1", 80, true, false)),
            ("[::1]:80", ("[::1]", 80, false, true)),
            ("/tmp/a:b", ("", 0, false, false)),
            ("", ("", 0, false, false)),
        ] {
            let found = (ip(address), port(address), is_v4(address), is_v6(address));
            assert_eq!((&*found.0, found.1, found.2, found.3), parts, "{address}");
        }
    }
}
