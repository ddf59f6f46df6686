//! SOCKS version 5 (RFC 1928) with user and password (RFC 1929).

use std::net::IpAddr;

use super::{Error, Target, Turn};
use crate::Step;

const VERSION: u8 = 5;
const ANONYMOUS: u8 = 0;
const USER_AND_PASSWORD: u8 = 2;
const CONNECT: u8 = 1;
const IPV4: u8 = 1;
const NAME: u8 = 3;
const IPV6: u8 = 4;

/// Where the dialogue stands, and what the client will say.
#[derive(Debug)]
pub struct Dialogue {
    expected: Expected,
    /// The words of RFC 1929 that tell user and password.
    login: Option<Vec<u8>>,
    request: Vec<u8>,
}

/// What the proxy says next.
#[derive(Debug, Clone, Copy)]
enum Expected {
    Method,
    Verdict,
    Reply,
}

impl Dialogue {
    pub(super) fn new(
        target: Target<'_>,
        credentials: Option<(&[u8], &[u8])>,
    ) -> Result<(Self, Vec<u8>), Error> {
        let login = credentials
            .map(|(user, password)| login(user, password))
            .transpose()?;
        let greeting = if login.is_some() {
            vec![VERSION, 2, ANONYMOUS, USER_AND_PASSWORD]
        } else {
            vec![VERSION, 1, ANONYMOUS]
        };
        let dialogue = Self {
            expected: Expected::Method,
            login,
            request: request(target)?,
        };
        Ok((dialogue, greeting))
    }

    pub(super) fn decode(&mut self, input: &[u8]) -> Result<Step<Turn>, Error> {
        match self.expected {
            Expected::Method => self.method(input),
            Expected::Verdict => self.verdict(input),
            Expected::Reply => reply(input),
        }
    }

    fn method(&mut self, input: &[u8]) -> Result<Step<Turn>, Error> {
        let &[version, method, ..] = input else {
            return Ok(Step::pending(0));
        };
        if version != VERSION {
            return Err(Error::NoSocks5);
        }
        let (expected, words) = match (method, self.login.take()) {
            (ANONYMOUS, _) => (Expected::Reply, std::mem::take(&mut self.request)),
            (USER_AND_PASSWORD, Some(login)) => (Expected::Verdict, login),
            _ => return Err(Error::Method),
        };
        self.expected = expected;
        Ok(Step::complete(2, Turn::Say(words)))
    }

    fn verdict(&mut self, input: &[u8]) -> Result<Step<Turn>, Error> {
        match *input {
            [_, 0, ..] => {
                self.expected = Expected::Reply;
                let request = std::mem::take(&mut self.request);
                Ok(Step::complete(2, Turn::Say(request)))
            }
            [_, _, ..] => Err(Error::Credentials),
            _ => Ok(Step::pending(0)),
        }
    }
}

/// The last answer: version, reply, a reserved byte, and the address that the proxy connects from.
fn reply(input: &[u8]) -> Result<Step<Turn>, Error> {
    let (kind, first) = match *input {
        [VERSION, 0, _, kind, first, ..] => (kind, first),
        [] | [VERSION] | [VERSION, 0, ..] => return Ok(Step::pending(0)),
        [VERSION, reply, ..] => return Err(Error::Socks5(meaning(reply))),
        _ => return Err(Error::NoSocks5),
    };
    let address = match kind {
        IPV4 => 4,
        NAME => 1 + usize::from(first),
        IPV6 => 16,
        _ => return Err(Error::NoSocks5),
    };
    let length = 4 + address + 2;
    if input.len() < length {
        Ok(Step::pending(0))
    } else {
        Ok(Step::complete(length, Turn::Open))
    }
}

/// The replies of RFC 1928 section 6.
const fn meaning(reply: u8) -> &'static str {
    match reply {
        1 => "general failure of the proxy",
        2 => "not allowed by the proxy",
        3 => "network unreachable",
        4 => "host unreachable",
        5 => "connection refused",
        6 => "time to live expired",
        7 => "command not supported",
        8 => "address type not supported",
        _ => "unknown reply",
    }
}

fn login(user: &[u8], password: &[u8]) -> Result<Vec<u8>, Error> {
    const VERSION: u8 = 1;
    let too_long = |_| Error::Untellable("a user or password of more than 255 bytes");
    let mut words = vec![VERSION, u8::try_from(user.len()).map_err(too_long)?];
    words.extend_from_slice(user);
    words.push(u8::try_from(password.len()).map_err(too_long)?);
    words.extend_from_slice(password);
    Ok(words)
}

fn request(target: Target<'_>) -> Result<Vec<u8>, Error> {
    let mut words = vec![VERSION, CONNECT, 0];
    match target.host.parse() {
        Ok(IpAddr::V4(address)) => {
            words.push(IPV4);
            words.extend_from_slice(&address.octets());
        }
        Ok(IpAddr::V6(address)) => {
            words.push(IPV6);
            words.extend_from_slice(&address.octets());
        }
        Err(_) => {
            let too_long = |_| Error::Untellable("a host name of more than 255 bytes");
            words.push(NAME);
            words.push(u8::try_from(target.host.len()).map_err(too_long)?);
            words.extend_from_slice(target.host.as_bytes());
        }
    }
    words.extend_from_slice(&target.port.to_be_bytes());
    Ok(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TARGET: Target<'static> = Target {
        host: "a.example",
        port: 443,
    };

    /// Shows the dialogue one byte more each time, as a slow proxy would.
    fn answer(dialogue: &mut Dialogue, bytes: &[u8]) -> Result<Turn, Error> {
        for end in 0..=bytes.len() {
            let step = dialogue.decode(&bytes[..end])?;
            if let Some(turn) = step.item {
                assert_eq!((step.consumed, end), (bytes.len(), bytes.len()));
                return Ok(turn);
            }
        }
        panic!("{} says nothing", bytes.escape_ascii());
    }

    #[test]
    fn a_proxy_that_asks_nothing() {
        let (mut dialogue, words) = Dialogue::new(TARGET, None).unwrap();
        assert_eq!(words, [5, 1, 0]);
        let request = answer(&mut dialogue, &[5, 0]).unwrap();
        assert_eq!(
            request,
            Turn::Say(b"\x05\x01\x00\x03\x09a.example\x01\xbb".to_vec())
        );
        for bound in [
            &[5, 0, 0, 1, 127, 0, 0, 1, 0, 80][..],
            &[5, 0, 0, 3, 2, b'a', b'b', 0, 80],
            &[[5, 0, 0, 4].as_slice(), &[0; 18]].concat(),
        ] {
            assert_eq!(answer(&mut dialogue, bound), Ok(Turn::Open));
        }
    }

    #[test]
    fn user_and_password() {
        let credentials = Some((&b"me"[..], &b"secret"[..]));
        let (mut dialogue, words) = Dialogue::new(TARGET, credentials).unwrap();
        assert_eq!(words, [5, 2, 0, 2]);
        let login = answer(&mut dialogue, &[5, 2]).unwrap();
        assert_eq!(login, Turn::Say(b"\x01\x02me\x06secret".to_vec()));
        assert!(matches!(answer(&mut dialogue, &[1, 0]), Ok(Turn::Say(_))));
        let (mut dialogue, _) = Dialogue::new(TARGET, credentials).unwrap();
        answer(&mut dialogue, &[5, 2]).unwrap();
        assert_eq!(answer(&mut dialogue, &[1, 1]), Err(Error::Credentials));
    }

    #[test]
    fn a_password_is_not_told_unless_it_is_asked_for() {
        let (mut dialogue, _) = Dialogue::new(TARGET, Some((b"me", b"secret"))).unwrap();
        let Ok(Turn::Say(request)) = answer(&mut dialogue, &[5, 0]) else {
            panic!("the proxy let us in");
        };
        assert_eq!(request[1], CONNECT);
    }

    #[test]
    fn what_a_proxy_may_have_against_it() {
        for (answers, error) in [
            (&[&[5, 0xff][..]][..], Error::Method),
            (&[&[5, 2]], Error::Method),
            (&[b"HT"], Error::NoSocks5),
            (&[&[5, 0], &[5, 5]], Error::Socks5("connection refused")),
            (
                &[&[5, 0], &[5, 2, 0, 1, 0]],
                Error::Socks5("not allowed by the proxy"),
            ),
            (&[&[5, 0], &[5, 0, 0, 9, 0]], Error::NoSocks5),
        ] {
            let (mut dialogue, _) = Dialogue::new(TARGET, None).unwrap();
            let told = answers.iter().map(|bytes| answer(&mut dialogue, bytes));
            assert_eq!(told.last(), Some(Err(error)));
        }
    }

    #[test]
    fn addresses_are_told_as_such() {
        for (host, words) in [
            ("127.0.0.1", &[5, 1, 0, 1, 127, 0, 0, 1, 0, 80][..]),
            ("::1", &[&[5, 1, 0, 4][..], &[0; 15], &[1, 0, 80]].concat()),
        ] {
            assert_eq!(request(Target { host, port: 80 }).unwrap(), words);
        }
        let host = &"a".repeat(256);
        assert!(request(Target { host, port: 80 }).is_err());
    }
}
