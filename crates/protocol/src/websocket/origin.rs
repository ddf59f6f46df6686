use thiserror::Error;

use crate::http::request::View;

/// The origins that a server lets in (RFC 6455 section 10.2).
///
/// Browsers say where a page that connects is from; other clients may say what they like, or nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Origins(Vec<Pattern>);

/// An entry of a list of origins that cannot be understood.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "{0} is no origin: expected scheme://host or scheme://host:port, where the host may begin with *. and the port may be *, or null, or *"
)]
pub struct BadOrigin(String);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Pattern {
    /// Whatever is sent.
    Any,
    /// No `Origin` at all.
    Absent,
    /// `null`: a page without an origin of its own, such as one in a file.
    Opaque,
    Web {
        scheme: String,
        host: Host,
        port: Port,
    },
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Host {
    Exactly(String),
    /// What ends in this, which begins with a dot.
    Under(String),
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Port {
    Any,
    /// `None`: a scheme without a port that goes without saying.
    Exactly(Option<u16>),
}

impl Origins {
    /// Lets those in that one of `allowed` names; `None` stands for clients that send no origin.
    ///
    /// `https://example.com` is that host on the port of the scheme, `https://*.example.com` any name under it and not itself,
    /// `https://example.com:*` any port, `null` a page without an origin, and `*` everybody.
    pub fn new<'a>(allowed: impl IntoIterator<Item = Option<&'a str>>) -> Result<Self, BadOrigin> {
        let patterns = allowed.into_iter().map(|entry| match entry {
            None => Ok(Pattern::Absent),
            Some(text) => Pattern::read(text).ok_or_else(|| BadOrigin(text.to_owned())),
        });
        patterns.collect::<Result<_, _>>().map(Self)
    }

    /// Whether the client is let in that sent this checked request head.
    pub fn admit(&self, head: &[u8]) -> bool {
        let origin = View(head).header(b"origin");
        let known = match origin.as_deref() {
            None => {
                return self
                    .0
                    .iter()
                    .any(|one| matches!(one, Pattern::Any | Pattern::Absent));
            }
            Some(b"null") => Some(Pattern::Opaque),
            Some(origin) => std::str::from_utf8(origin).ok().and_then(web),
        };
        self.0.iter().any(|pattern| pattern.matches(known.as_ref()))
    }
}

impl Pattern {
    fn read(text: &str) -> Option<Self> {
        match text {
            "*" => Some(Self::Any),
            "null" => Some(Self::Opaque),
            _ => {
                let (text, any_port) = match text.strip_suffix(":*") {
                    Some(text) => (text, true),
                    None => (text, false),
                };
                let Self::Web { scheme, host, port } = web(text)? else {
                    return None;
                };
                let host = match host {
                    Host::Exactly(name) if name.starts_with("*.") => {
                        Host::Under(name[1..].to_owned())
                    }
                    host => host,
                };
                let is_plain = match &host {
                    Host::Exactly(name) | Host::Under(name) => !name.contains('*'),
                };
                let port = if any_port { Port::Any } else { port };
                is_plain.then_some(Self::Web { scheme, host, port })
            }
        }
    }

    fn matches(&self, sent: Option<&Self>) -> bool {
        match (self, sent) {
            (Self::Any, _) => true,
            (Self::Opaque, Some(Self::Opaque)) => true,
            (
                Self::Web { scheme, host, port },
                Some(Self::Web {
                    scheme: sent_scheme,
                    host: Host::Exactly(sent_host),
                    port: sent_port,
                }),
            ) => {
                scheme == sent_scheme
                    && host.matches(sent_host)
                    && (port == &Port::Any || port == sent_port)
            }
            _ => false,
        }
    }
}

impl Host {
    fn matches(&self, sent: &str) -> bool {
        match self {
            Self::Exactly(name) => name == sent,
            Self::Under(end) => sent.len() > end.len() && sent.ends_with(end.as_str()),
        }
    }
}

/// `scheme://host[:port]`, and nothing behind it (RFC 6454 section 6.2), in lower case.
fn web(text: &str) -> Option<Pattern> {
    let text = text.to_ascii_lowercase();
    let (scheme, rest) = text.split_once("://")?;
    let end = if rest.starts_with('[') {
        rest.find(']')? + 1
    } else {
        rest.find(':').unwrap_or(rest.len())
    };
    let (host, port) = rest.split_at(end);
    let port = match port.strip_prefix(':') {
        None if port.is_empty() => usual_port(scheme),
        None => return None,
        Some(digits) => Some(digits.parse().ok()?),
    };
    let is_foreign = |c: char| c.is_ascii_whitespace() || "/?#@,".contains(c);
    if scheme.is_empty()
        || host.is_empty()
        || host.contains(is_foreign)
        || scheme.contains(is_foreign)
    {
        return None;
    }
    Some(Pattern::Web {
        scheme: scheme.to_owned(),
        host: Host::Exactly(host.to_owned()),
        port: Port::Exactly(port),
    })
}

fn usual_port(scheme: &str) -> Option<u16> {
    match scheme {
        "http" | "ws" => Some(80),
        "https" | "wss" => Some(443),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admits(allowed: &[Option<&str>], origin: Option<&str>) -> bool {
        let field = origin.map_or_else(String::new, |origin| format!("Origin: {origin}\r\n"));
        let head = format!("GET / HTTP/1.1\r\nHost: a\r\n{field}\r\n");
        Origins::new(allowed.iter().copied())
            .unwrap()
            .admit(head.as_bytes())
    }

    #[test]
    fn scheme_host_and_port_have_to_match() {
        let allowed = [
            Some("https://Example.com"),
            Some("http://localhost:3000"),
            Some("http://[::1]:80"),
        ];
        for (origin, admitted) in [
            ("https://example.com", true),
            ("https://EXAMPLE.com:443", true),
            ("https://example.com:8443", false),
            ("http://example.com", false),
            ("https://example.com.evil.org", false),
            ("https://evil-example.com", false),
            ("https://www.example.com", false),
            ("https://example.com/path", false),
            ("https://user@example.com", false),
            ("http://localhost:3000", true),
            ("http://localhost", false),
            ("http://[::1]", true),
            ("null", false),
            ("*", false),
            ("", false),
            ("https://example.com, https://example.com", false),
        ] {
            assert_eq!(admits(&allowed, Some(origin)), admitted, "{origin}");
        }
        assert!(!admits(&allowed, None));
    }

    #[test]
    fn two_origins_are_none() {
        let head = b"GET / HTTP/1.1\r\nHost: a\r\nOrigin: http://a\r\nOrigin: http://a\r\n\r\n";
        assert!(!Origins::new([Some("http://a")]).unwrap().admit(head));
    }

    #[test]
    fn a_star_stands_for_names_below_a_port_or_everybody() {
        let below = [Some("https://*.example.com")];
        assert!(admits(&below, Some("https://a.b.example.com")));
        assert!(!admits(&below, Some("https://example.com")));
        assert!(!admits(&below, Some("https://evilexample.com")));
        assert!(!admits(&below, Some("https://.example.com.org")));
        assert!(admits(
            &[Some("http://localhost:*")],
            Some("http://localhost:5173")
        ));
        assert!(admits(&[Some("*")], Some("gopher://x")));
        assert!(admits(&[Some("*")], None));
    }

    #[test]
    fn null_and_nothing_are_let_in_by_name_only() {
        assert!(admits(&[Some("null")], Some("null")));
        assert!(!admits(&[Some("null")], None));
        assert!(admits(&[None], None));
        assert!(!admits(&[None], Some("null")));
    }

    #[test]
    fn what_is_no_origin_is_refused() {
        for text in [
            "",
            "example.com",
            "https://",
            "https://a/b",
            "https://a.*.b",
            "https://*",
            "https://a:b",
            "https://a:70000",
        ] {
            assert!(Origins::new([Some(text)]).is_err(), "{text}");
        }
    }
}
