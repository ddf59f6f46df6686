//! `CONNECT` of HTTP/1.1 (RFC 9110 section 9.3.6).

use super::{Error, Target, Turn};
use crate::{
    Step,
    http::{
        DEFAULT_MAX_HEAD,
        answer::Search,
        response::{Field, breaks_line, write_fields},
    },
};

/// Reads the one answer.
#[derive(Debug, Default)]
pub struct Dialogue {
    search: Search,
}

/// The request.
pub(super) fn request(target: Target<'_>, authorization: &[u8]) -> Result<Vec<u8>, Error> {
    let host = target.host;
    if host.bytes().any(|byte| byte <= b' ' || byte == 0x7f) {
        return Err(Error::Untellable("the host name"));
    }
    if authorization.iter().any(|&byte| breaks_line(byte)) {
        return Err(Error::Untellable("a proxyAuthorization with a line break"));
    }
    let authority = if host.contains(':') {
        format!("[{host}]:{}", target.port)
    } else {
        format!("{host}:{}", target.port)
    };
    let fields: [Field<'_>; 3] = [
        (b"Host", authority.as_bytes()),
        (b"Proxy-Authorization", authorization),
        (b"Proxy-Connection", b"keep-alive"),
    ];
    let is_wanted = |name: &[u8]| name != b"Proxy-Authorization" || !authorization.is_empty();
    let mut out = format!("CONNECT {authority} HTTP/1.1\r\n").into_bytes();
    write_fields(&fields, is_wanted, &mut out);
    out.extend_from_slice(b"\r\n");
    Ok(out)
}

impl Dialogue {
    /// Any 2xx opens the tunnel; what such an answer says of a body is to be ignored.
    pub(super) fn decode(&mut self, input: &[u8]) -> Result<Step<Turn>, Error> {
        let Some(found) = self.search.find(input, DEFAULT_MAX_HEAD, |_| false)? else {
            return Ok(Step::pending(0));
        };
        if found.answer.status < 300 {
            Ok(Step::complete(found.end, Turn::Open))
        } else {
            Err(Error::Status(found.answer.summary()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(host: &str, authorization: &str) -> Result<String, Error> {
        request(Target { host, port: 443 }, authorization.as_bytes())
            .map(|bytes| String::from_utf8(bytes).unwrap())
    }

    #[test]
    fn the_request_names_the_target_twice() {
        assert_eq!(
            text("example.org", "Basic eDp5").unwrap(),
            "CONNECT example.org:443 HTTP/1.1\r\nHost: example.org:443\r\n\
             Proxy-Authorization: Basic eDp5\r\nProxy-Connection: keep-alive\r\n\r\n"
        );
        assert!(
            text("::1", "")
                .unwrap()
                .starts_with("CONNECT [::1]:443 HTTP/1.1\r\nHost: [::1]:443\r\nProxy-C")
        );
    }

    #[test]
    fn nothing_can_be_slipped_into_the_request() {
        assert!(text("a b", "").is_err());
        assert!(text("a\r\nb", "").is_err());
        assert!(text("a", "Basic x\r\nX: y").is_err());
    }

    #[test]
    fn a_success_opens_the_tunnel_and_what_follows_is_left_alone() {
        for head in [
            "HTTP/1.1 200 Connection established\r\n\r\n",
            "HTTP/1.0 200 OK\r\nContent-Length: 9\r\n\r\n",
            "HTTP/1.1 204 \r\n\r\n",
        ] {
            let stream = format!("{head}SSH-2.0");
            let step = Dialogue::default().decode(stream.as_bytes());
            assert_eq!(step, Ok(Step::complete(head.len(), Turn::Open)));
        }
    }

    #[test]
    fn any_other_status_is_told() {
        let refused = b"HTTP/1.1 407 Proxy Authentication Required\r\nX: y\r\n\r\n";
        let error = Dialogue::default().decode(refused).unwrap_err();
        assert_eq!(
            error.to_string(),
            "Proxy CONNECT failed: 407 Proxy Authentication Required"
        );
        let found = Dialogue::default().decode(b"HTTP/1.1 302 Found\r\n\r\n");
        assert_eq!(found, Err(Error::Status("302 Found".to_owned())));
        assert!(matches!(
            Dialogue::default().decode(b"SSH-2.0-OpenSSH\r\n\r\n"),
            Err(Error::Malformed(_))
        ));
    }
}
