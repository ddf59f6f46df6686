//! What the address of a client connection means.

/// `scheme://host:port/path?query`, taken apart.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct RemoteAddress {
    /// `tcp` when there is none.
    pub(super) scheme: String,
    /// A name or an address, an IPv6 one in brackets; empty for a unix socket.
    pub(super) host: String,
    /// 0 when there is none.
    pub(super) port: u16,
    /// Path and query, `/` at least; empty for a unix socket.
    pub(super) uri: String,
    /// What `getRemoteAddress()` says before the connection is made: `host:port`, or the path of a unix socket.
    pub(super) shown: String,
}

impl RemoteAddress {
    /// Reads an address; `None` when it has no host, or a port that is none.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (scheme, rest) = text
            .split_once("://")
            .unwrap_or_else(|| ("tcp", text.strip_prefix("//").unwrap_or(text)));
        if scheme.eq_ignore_ascii_case("unix") {
            return (!rest.is_empty()).then(|| Self::unix(scheme, rest));
        }
        let rest = rest.split('#').next().unwrap_or_default();
        let (authority, target) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
        // A user name is no part of the host.
        let authority = authority.rsplit('@').next().unwrap_or_default();
        let (host, port) = split_port(authority)?;
        let slash = if target.starts_with('/') { "" } else { "/" };
        Some(Self {
            scheme: scheme.to_owned(),
            host: host.to_owned(),
            port,
            uri: format!("{slash}{target}"),
            shown: format!("{host}:{port}"),
        })
    }

    fn unix(scheme: &str, path: &str) -> Self {
        Self {
            scheme: scheme.to_ascii_lowercase(),
            host: String::new(),
            port: 0,
            uri: String::new(),
            shown: path.to_owned(),
        }
    }
}

/// Takes `host:port` apart, where the port may be missing; an IPv6 host is in brackets, and keeps them.
pub(super) fn split_port(authority: &str) -> Option<(&str, u16)> {
    let end = if authority.starts_with('[') {
        authority.find(']')? + 1
    } else {
        authority.find(':').unwrap_or(authority.len())
    };
    let (host, rest) = authority.split_at(end);
    let port = match rest.strip_prefix(':') {
        None if rest.is_empty() => 0,
        None => return None,
        Some("") => 0,
        Some(digits) => digits.parse().ok()?,
    };
    (!host.is_empty()).then_some((host, port))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str) -> Option<(String, String, u16, String, String)> {
        RemoteAddress::parse(text).map(|address| {
            let RemoteAddress {
                scheme,
                host,
                port,
                uri,
                shown,
            } = address;
            (scheme, host, port, uri, shown)
        })
    }

    #[test]
    fn addresses_are_taken_apart() {
        for (text, scheme, host, port, uri, shown) in [
            ("tcp://a.b:80", "tcp", "a.b", 80, "/", "a.b:80"),
            ("ws://a/b/c?d=e#f", "ws", "a", 0, "/b/c?d=e", "a:0"),
            ("wss://u:p@a:1?x", "wss", "a", 1, "/?x", "a:1"),
            (
                "text://[::1]:5678",
                "text",
                "[::1]",
                5678,
                "/",
                "[::1]:5678",
            ),
            ("//a:1/b", "tcp", "a", 1, "/b", "a:1"),
            ("127.0.0.1:9", "tcp", "127.0.0.1", 9, "/", "127.0.0.1:9"),
            ("unix:///tmp/s", "unix", "", 0, "", "/tmp/s"),
            ("Unix://s", "unix", "", 0, "", "s"),
        ] {
            let expected = (scheme, host, port, uri, shown);
            let found = parts(text).unwrap();
            let found = (&*found.0, &*found.1, found.2, &*found.3, &*found.4);
            assert_eq!(found, expected, "{text}");
        }
    }

    #[test]
    fn what_has_no_host_is_no_address() {
        for text in [
            "",
            "tcp://",
            "tcp:///x",
            "tcp://:80",
            "unix://",
            "tcp://a:b",
            "tcp://a:65536",
            "tcp://[::1",
            "tcp://[::1]x",
        ] {
            assert_eq!(parts(text), None, "{text}");
        }
    }
}
