//! From the properties of a client connection to the way that it takes.

use std::net::SocketAddr;

use ext_php_rs::types::Zval;
use ouvrier_net::connector::{Host, Proxy, ProxyKind, Route, SocketOptions};

use super::{
    async_tcp_connection::slots, remote_address::split_port, socket_options, tcp_connection,
};
use crate::zend::{Object, Result, array, exception};

/// The way to the remote host, whose port is known by now.
///
/// # Errors
/// A `RuntimeException` that says which option cannot be understood, or which transport cannot be taken.
pub(super) fn of(this: &Object) -> Result<Route> {
    let transport = text(this, tcp_connection::slots().transport);
    let options = options(&this.get(slots().socket_context))?;
    match transport.as_str() {
        "tcp" | "ssl" | "tls" => {}
        "unix" => {
            let path = text(this, tcp_connection::slots().remote_address);
            return Ok(Route::Unix(path.into()));
        }
        other => {
            return exception::throw_runtime(&format!(
                "Bad transport {other}: tcp, ssl, tls and unix connect"
            ));
        }
    }
    let host = Host {
        name: without_brackets(&text(this, slots().remote_host)).to_owned(),
        port: u16::try_from(this.long(slots().remote_port)).unwrap_or_default(),
    };
    Ok(match proxy(this)? {
        None => Route::Direct(host, options),
        Some(proxy) => Route::Proxied(host, proxy, options),
    })
}

/// SOCKS5 goes before HTTP, as in Workerman.
fn proxy(this: &Object) -> Result<Option<Proxy>> {
    let socks5 = text(this, slots().proxy_socks5);
    let http = text(this, slots().proxy_http);
    let (address, kind) = if !socks5.is_empty() {
        let user = this.bytes(slots().proxy_socks5_username);
        let password = this.bytes(slots().proxy_socks5_password);
        let is_known = !user.is_empty() || !password.is_empty();
        (
            socks5,
            ProxyKind::Socks5(is_known.then_some((user, password))),
        )
    } else if !http.is_empty() {
        (
            http,
            ProxyKind::Http(this.bytes(slots().proxy_authorization)),
        )
    } else {
        return Ok(None);
    };
    match host(&address) {
        Some(host) => Ok(Some(Proxy { host, kind })),
        None => exception::throw_runtime(&format!("Bad proxy {address}: expected host:port")),
    }
}

/// The part `socket` of a stream context.
fn options(context: &Zval) -> Result<SocketOptions> {
    let options = socket_options::of(context, socket_options::OF_TCP_CLIENT)?;
    Ok(SocketOptions {
        bind: bind_to(&options)?,
        no_delay: socket_options::flag(&options, "tcp_nodelay", true),
    })
}

/// The option `bindto` of the part `socket` of a stream context.
pub(super) fn bind_to(options: &Zval) -> Result<Option<SocketAddr>> {
    let Some(own) = array::get_name(options, "bindto").and_then(|own| own.string()) else {
        return Ok(None);
    };
    match own_address(&own) {
        None => exception::throw_runtime(&format!("Bad bindto {own}: expected address:port")),
        bind => Ok(bind),
    }
}

/// `host:port`, an IPv6 address in brackets; `None` without a port.
pub(super) fn host(text: &str) -> Option<Host> {
    let (name, port) = split_port(text)?;
    let name = without_brackets(name).to_owned();
    (port > 0).then_some(Host { name, port })
}

/// `address:port`, where both may be 0: any.
fn own_address(text: &str) -> Option<SocketAddr> {
    let (address, port) = split_port(text)?;
    let address = match without_brackets(address) {
        "0" => "0.0.0.0",
        address => address,
    };
    Some(SocketAddr::new(address.parse().ok()?, port))
}

fn without_brackets(host: &str) -> &str {
    host.trim_start_matches('[').trim_end_matches(']')
}

fn text(this: &Object, slot: crate::zend::Slot) -> String {
    String::from_utf8_lossy(&this.bytes(slot)).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_addresses() {
        for (text, address) in [
            ("0:0", "0.0.0.0:0"),
            ("0:7000", "0.0.0.0:7000"),
            ("127.0.0.2:0", "127.0.0.2:0"),
            ("127.0.0.2", "127.0.0.2:0"),
            ("[::1]:7000", "[::1]:7000"),
        ] {
            assert_eq!(own_address(text), address.parse().ok(), "{text}");
        }
        assert_eq!(own_address("localhost:0"), None);
    }
}
