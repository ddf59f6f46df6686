//! Where to listen and who is calling.

use std::{
    fmt, io,
    net::{SocketAddr, SocketAddrV4, ToSocketAddrs},
    path::PathBuf,
};

/// An address to listen on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Address {
    /// A TCP address. `[::]` listens on IPv4 as well.
    Tcp(SocketAddr),
    /// A UDP address. `[::]` hears IPv4 as well.
    Udp(SocketAddr),
    /// The path of a unix domain socket, or its name behind a zero byte.
    Unix(PathBuf),
}

impl fmt::Display for Address {
    /// `tcp://127.0.0.1:80`, `udp://[::]:53`, `unix:///run/socket`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(address) => write!(f, "tcp://{address}"),
            Self::Udp(address) => write!(f, "udp://{address}"),
            Self::Unix(path) => write!(f, "unix://{}", path.display()),
        }
    }
}

impl Address {
    /// Resolves `host:port`, where the host is a name or an IP address, IPv6 in brackets.
    ///
    /// # Errors
    /// When the port is missing or the name does not resolve. Resolving blocks: it is meant for start-up.
    pub fn tcp(host_and_port: &str) -> io::Result<Self> {
        resolve(host_and_port).map(Self::Tcp)
    }

    /// As [`Address::tcp`], for UDP.
    ///
    /// # Errors
    /// The same.
    pub fn udp(host_and_port: &str) -> io::Result<Self> {
        resolve(host_and_port).map(Self::Udp)
    }
}

fn resolve(host_and_port: &str) -> io::Result<SocketAddr> {
    let parts = host_and_port.rsplit_once(':');
    if !parts.is_some_and(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok()) {
        let problem = "expected host:port, with a port up to 65535";
        return Err(io::Error::new(io::ErrorKind::InvalidInput, problem));
    }
    host_and_port.to_socket_addrs()?.next().ok_or_else(|| {
        io::Error::new(
            io::ErrorKind::AddrNotAvailable,
            "the host name has no address",
        )
    })
}

/// The other end of a connection, or our own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Peer {
    /// An IP address and a port.
    Ip(SocketAddr),
    /// A unix domain socket; clients usually have no path.
    Unix(Option<PathBuf>),
}

impl fmt::Display for Peer {
    /// `127.0.0.1:80`, `[::1]:80`, a path, or nothing for an unnamed unix socket.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ip(address) => address.fmt(f),
            Self::Unix(Some(path)) => path.display().fmt(f),
            Self::Unix(None) => Ok(()),
        }
    }
}

impl Peer {
    /// Looks at the address as it is [displayed](fmt::Display). Each client is shown once when it connects, for which the formatting of the standard library takes
    /// longer than all the rest.
    pub fn with_text<T>(&self, look: impl FnOnce(&[u8]) -> T) -> T {
        match self {
            Self::Ip(SocketAddr::V4(address)) => with_v4(address, look),
            other => look(other.to_string().as_bytes()),
        }
    }
}

fn with_v4<T>(address: &SocketAddrV4, look: impl FnOnce(&[u8]) -> T) -> T {
    let mut text = [0; "255.255.255.255:65535".len()];
    let mut end = 0;
    let mut add = |part: &str| {
        text[end..end + part.len()].copy_from_slice(part.as_bytes());
        end += part.len();
    };
    let mut number = itoa::Buffer::new();
    let octets = address.ip().octets();
    for (octet, separator) in octets.into_iter().zip([".", ".", ".", ":"]) {
        add(number.format(octet));
        add(separator);
    }
    add(number.format(address.port()));
    look(&text[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resolves_names_and_literals() {
        assert_eq!(
            Address::tcp("127.0.0.1:80").unwrap(),
            Address::Tcp("127.0.0.1:80".parse().unwrap())
        );
        assert_eq!(
            Address::tcp("[::1]:80").unwrap(),
            Address::Tcp("[::1]:80".parse().unwrap())
        );
        assert!(Address::tcp("127.0.0.1").is_err());
    }

    #[test]
    fn shows_addresses_as_workerman_does() {
        for address in [
            "[::1]:80",
            "127.0.0.1:0",
            "255.10.200.9:65535",
            "9.99.100.10:10000",
        ] {
            let peer = Peer::Ip(address.parse().unwrap());
            assert_eq!(peer.to_string(), address);
            assert_eq!(peer.with_text(<[u8]>::to_vec), address.as_bytes());
        }
        assert_eq!(Peer::Unix(None).to_string(), "");
    }
}
