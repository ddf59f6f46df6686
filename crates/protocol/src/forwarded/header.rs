//! The header of the PROXY protocol, versions 1 and 2, which comes before everything else.

use std::net::SocketAddr;

use ppp::{v1, v2};
use thiserror::Error;

use crate::Step;

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

/// Reads the one header. What follows it is not consumed.
#[derive(Debug, Default)]
pub struct Decoder {
    head: Vec<u8>,
}

impl Decoder {
    /// A decoder for the first byte of a connection.
    pub const fn new() -> Self {
        Self { head: Vec::new() }
    }

    /// Returns whom a whole header names: the client or, with `None`, nobody but the proxy itself. Whoever has it asks no more.
    pub fn decode(&mut self, input: &[u8]) -> Result<Step<Option<SocketAddr>>, BadHeader> {
        let share = share(&self.head, input)?;
        self.head.extend_from_slice(&input[..share]);
        Ok(match read(&self.head)? {
            Some(client) => Step::complete(share, client),
            None => Step::pending(share),
        })
    }
}

/// How many of the bytes in `next` belong to the header that begins with `head`.
fn share(head: &[u8], next: &[u8]) -> Result<usize, BadHeader> {
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

/// Reads a header; `None` as long as it is not whole. Without an address, as in the proxy's own connections, nobody is named.
fn read(head: &[u8]) -> Result<Option<Option<SocketAddr>>, BadHeader> {
    if head.starts_with(SIGNATURE) {
        return read_binary(head);
    }
    if !head.ends_with(b"\n") || SIGNATURE.starts_with(head) {
        return Ok(None);
    }
    // The parser takes a CR for a blank, and a blank before LF for the end.
    let line = head.strip_suffix(b"\r\n").ok_or(BadHeader)?;
    if line.contains(&b'\r') {
        return Err(BadHeader);
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
