//! The header of the PROXY protocol, versions 1 and 2, which comes before everything else.

use std::net::SocketAddr;

use ppp::{v1, v2};
use thiserror::Error;

/// Bytes of the longest header of version 1, its CRLF included.
const LONGEST_TEXT: usize = 107;
/// Most bytes of a header of version 2 that are taken; more than any proxy has to say.
const LONGEST_BINARY: usize = 4096;
/// What version 2 begins with.
const SIGNATURE: &[u8; 12] = b"\r\n\r\n\0\r\nQUIT\n";
/// The signature, what is transported, and the length of the rest.
const FIXED: usize = 16;

/// What should be a header is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("no header of the PROXY protocol")]
pub struct BadHeader;

/// How many of the bytes in `next` belong to the header that begins with `head`. What follows the header is never among them.
pub fn share(head: &[u8], next: &[u8]) -> Result<usize, BadHeader> {
    let start: Vec<u8> = head.iter().chain(next).copied().take(FIXED).collect();
    let is_binary = SIGNATURE.starts_with(&start[..start.len().min(SIGNATURE.len())]);
    if !is_binary {
        let is_text = start
            .iter()
            .zip(b"PROXY ")
            .all(|(byte, expected)| byte == expected);
        let length = next
            .iter()
            .position(|&byte| byte == b'\n')
            .map_or(next.len(), |end| end + 1);
        let fits = head.len() + length <= LONGEST_TEXT;
        return (is_text && fits).then_some(length).ok_or(BadHeader);
    }
    let wanted = match start.get(FIXED - 2..FIXED) {
        None => FIXED,
        Some(length) => FIXED + usize::from(u16::from_be_bytes([length[0], length[1]])),
    };
    if wanted > LONGEST_BINARY {
        return Err(BadHeader);
    }
    Ok(next.len().min(wanted.saturating_sub(head.len())))
}

/// Reads a header; `None` as long as it is not whole. Without an address, as in the proxy's own connections, the client is the proxy itself.
pub fn read(head: &[u8]) -> Result<Option<Option<SocketAddr>>, BadHeader> {
    if head.starts_with(SIGNATURE) {
        return read_binary(head);
    }
    if !head.ends_with(b"\n") || SIGNATURE.starts_with(head) {
        return Ok(None);
    }
    let header = v1::Header::try_from(head).map_err(|_| BadHeader)?;
    Ok(Some(match header.addresses {
        v1::Addresses::Tcp4(ends) => Some((ends.source_address, ends.source_port).into()),
        v1::Addresses::Tcp6(ends) => Some((ends.source_address, ends.source_port).into()),
        v1::Addresses::Unknown => None,
    }))
}

fn read_binary(head: &[u8]) -> Result<Option<Option<SocketAddr>>, BadHeader> {
    let Some(length) = head.get(FIXED - 2..FIXED) else {
        return Ok(None);
    };
    if head.len() < FIXED + usize::from(u16::from_be_bytes([length[0], length[1]])) {
        return Ok(None);
    }
    let header = v2::Header::try_from(head).map_err(|_| BadHeader)?;
    Ok(Some(match (header.command, header.addresses) {
        (v2::Command::Local, _) => None,
        (_, v2::Addresses::IPv4(ends)) => Some((ends.source_address, ends.source_port).into()),
        (_, v2::Addresses::IPv6(ends)) => Some((ends.source_address, ends.source_port).into()),
        _ => None,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Who the client is, and what follows the header.
    type Fed = Option<(Option<String>, Vec<u8>)>;

    /// Feeds `stream` in pieces.
    fn feed(stream: &[u8], piece: usize) -> Result<Fed, BadHeader> {
        let (mut head, mut rest) = (Vec::new(), stream);
        while !rest.is_empty() {
            let taken = share(&head, &rest[..rest.len().min(piece)])?;
            head.extend_from_slice(&rest[..taken]);
            rest = &rest[taken..];
            if let Some(client) = read(&head)? {
                return Ok(Some((
                    client.map(|client| client.to_string()),
                    rest.to_vec(),
                )));
            }
        }
        Ok(None)
    }

    fn binary(command: u8, transport: u8, body: &[u8]) -> Vec<u8> {
        let length = u16::try_from(body.len()).unwrap().to_be_bytes();
        [&SIGNATURE[..], &[0x20 | command, transport], &length, body].concat()
    }

    #[test]
    fn both_versions_name_the_client_and_leave_the_rest() {
        let v4 = [203, 0, 113, 7, 10, 0, 0, 1, 0x12, 0x67, 0, 80];
        let v6 = [&[0x20, 1][..], &[0; 13], &[9], &[0; 16], &[0, 5, 0, 80]].concat();
        for (header, client) in [
            (
                b"PROXY TCP4 203.0.113.7 10.0.0.1 4711 80\r\n".to_vec(),
                Some("203.0.113.7:4711"),
            ),
            (
                b"PROXY TCP6 2001::9 ::1 5 80\r\n".to_vec(),
                Some("[2001::9]:5"),
            ),
            (b"PROXY UNKNOWN\r\n".to_vec(), None),
            (binary(1, 0x11, &v4), Some("203.0.113.7:4711")),
            (
                binary(1, 0x11, &[&v4[..], b"\x04\x00\x03pad"].concat()),
                Some("203.0.113.7:4711"),
            ),
            (binary(1, 0x21, &v6), Some("[2001::9]:5")),
            (binary(0, 0x00, b""), None),
        ] {
            let stream = [&header, &b"PROXY GET /\r\n"[..]].concat();
            for piece in [1, 7, 4096] {
                let (named, rest) = feed(&stream, piece).unwrap().unwrap();
                assert_eq!(named.as_deref(), client, "{header:?} in pieces of {piece}");
                assert_eq!(rest, b"PROXY GET /\r\n");
            }
        }
    }

    #[test]
    fn what_is_no_header_is_refused_before_its_end() {
        for stream in [
            b"GET / HTTP/1.1\r\n".to_vec(),
            b"\x16\x03\x01\x02".to_vec(),
            b"PROXY TCP4 203.0.113.7 10.0.0.1 99999 80\r\n".to_vec(),
            b"PROXY TCP4 evil 10.0.0.1 1 80\r\n".to_vec(),
            [b"PROXY TCP4 ", &[b'1'; 200][..]].concat(),
            [&SIGNATURE[..], b"\x21\x11\xff\xff"].concat(),
            binary(1, 0x11, &[1, 2, 3]),
            [&SIGNATURE[..], b"\x31\x11\0\0"].concat(),
        ] {
            for piece in [1, 4096] {
                assert_eq!(feed(&stream, piece), Err(BadHeader), "{stream:?}");
            }
        }
    }

    #[test]
    fn half_a_header_waits() {
        assert_eq!(feed(b"PROXY TCP4 203.0.113.7", 5), Ok(None));
        assert_eq!(feed(&SIGNATURE[..], 5), Ok(None));
        assert_eq!(feed(b"\r", 5), Ok(None));
    }
}
