//! Addresses as scripts see them.

use ext_php_rs::types::Zval;
use ouvrier_net::Peer;

use crate::zend::{Object, Result, array};

/// The address without the port. IPv6 keeps its brackets, as in Workerman; a unix socket has none.
pub(super) fn ip(peer: &Peer) -> String {
    match peer {
        Peer::Ip(address) if address.is_ipv6() => format!("[{}]", address.ip()),
        Peer::Ip(address) => address.ip().to_string(),
        Peer::Unix(_) => String::new(),
    }
}

/// The port; 0 for a unix socket.
pub(super) fn port(peer: &Peer) -> u16 {
    match peer {
        Peer::Ip(address) => address.port(),
        Peer::Unix(_) => 0,
    }
}

/// Whether the address is an IPv4 one.
pub(super) fn is_v4(peer: &Peer) -> bool {
    matches!(peer, Peer::Ip(address) if address.is_ipv4())
}

/// Whether the address is an IPv6 one.
pub(super) fn is_v6(peer: &Peer) -> bool {
    matches!(peer, Peer::Ip(address) if address.is_ipv6())
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
