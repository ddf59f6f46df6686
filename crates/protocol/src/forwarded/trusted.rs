use std::net::IpAddr;

use ipnet::IpNet;
use thiserror::Error;

/// Those whose word is taken on who a client is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Trusted {
    networks: Vec<IpNet>,
    unix: bool,
}

/// An entry of a list of proxies that cannot be understood.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "{0} is no address and no network: expected an address such as 10.0.0.1, a network such as 10.0.0.0/8, or unix"
)]
pub struct BadNetwork(String);

impl Trusted {
    /// Trusts addresses and networks; `unix` stands for everybody who connects to a unix socket.
    pub fn new<'a>(texts: impl IntoIterator<Item = &'a str>) -> Result<Self, BadNetwork> {
        let mut trusted = Self::default();
        for text in texts {
            if text == "unix" {
                trusted.unix = true;
                continue;
            }
            let network = match text.parse::<IpAddr>() {
                Ok(ip) => Ok(IpNet::from(ip)),
                Err(_) => text.parse(),
            };
            let network = network.map_err(|_| BadNetwork(text.to_owned()))?;
            trusted.networks.push(network);
        }
        Ok(trusted)
    }

    /// Whether nobody is trusted.
    pub const fn is_empty(&self) -> bool {
        self.networks.is_empty() && !self.unix
    }

    /// Whether an address is that of a trusted proxy.
    pub fn contains(&self, ip: IpAddr) -> bool {
        let ip = ip.to_canonical();
        self.networks.iter().any(|network| network.contains(&ip))
    }

    /// Whether those are trusted who connect to a unix socket.
    pub const fn contains_unix(&self) -> bool {
        self.unix
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_and_networks_are_trusted() {
        let trusted = Trusted::new(["127.0.0.1", "10.1.0.0/16", "::1"]).unwrap();
        for (ip, is_trusted) in [
            ("127.0.0.1", true),
            ("::ffff:127.0.0.1", true),
            ("127.0.0.2", false),
            ("10.1.255.1", true),
            ("10.2.0.1", false),
            ("::1", true),
            ("::2", false),
        ] {
            assert_eq!(trusted.contains(ip.parse().unwrap()), is_trusted, "{ip}");
        }
        assert!(!trusted.contains_unix() && !trusted.is_empty());
        assert!(Trusted::new(["unix"]).unwrap().contains_unix());
    }

    #[test]
    fn what_is_no_network_is_refused() {
        for text in ["", "localhost", "10.0.0.0/33", "10.0.0"] {
            assert!(Trusted::new([text]).is_err(), "{text}");
        }
    }
}
