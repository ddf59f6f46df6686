//! The chunked transfer coding (RFC 9112 section 7.1), as it is read from requests.

mod size;

use std::mem;

use memchr::memchr;

use self::size::chunk_size;
use super::{
    Error, Limits, Message, Terms,
    decoder::ROOM_FOR_MORE,
    fields::{has_forbidden_byte, split_field},
};
use crate::{Received, Step};

/// Longest line that announces a chunk, CRLF included. Chunk extensions mean nothing here and earn
/// no more room.
const MAX_SIZE_LINE: usize = 4096;

/// Room between head and body for `Content-Length: `, any 64-bit number, and the blank line.
const LENGTH_LINE_ROOM: usize = 40;

/// A request whose chunked body is being joined.
#[derive(Debug)]
pub(super) struct ChunkedBody {
    /// The head without its `Transfer-Encoding` and blank line, the room for the length line, the
    /// body so far.
    raw: Vec<u8>,
    /// How much of the body was given away.
    given: usize,
    fields_length: usize,
    /// Bytes of this request on the wire that were consumed: framing counts, so that tiny chunks
    /// are no way round the limit.
    wire_length: usize,
    /// Up to where the current line was searched for its end.
    searched: usize,
    phase: Phase,
    trailers: Vec<(Vec<u8>, Vec<u8>)>,
    trailers_length: usize,
    /// Whether the data of chunks is kept, and not only measured.
    keeps_data: bool,
}

/// What the next byte belongs to.
#[derive(Debug, Clone, Copy)]
enum Phase {
    /// The line with the size of a chunk.
    Size,
    /// The data of a chunk, with so much to come.
    Data(usize),
    /// The CRLF after the data of a chunk.
    DataEnd,
    /// The lines after the last chunk.
    Trailers,
}

impl ChunkedBody {
    /// Starts the body that follows `head`, which is whole and checked, and had so many bytes on the
    /// wire.
    pub(super) fn new(head: &[u8], wire_length: usize, limits: &Limits) -> Result<Self, Error> {
        if wire_length.max(head.len()) > limits.max_package_size {
            return Err(Error::PackageTooLarge);
        }
        Ok(Self {
            wire_length,
            ..Self::of(head)
        })
    }

    fn of(head: &[u8]) -> Self {
        let mut raw = Vec::with_capacity(head.len() + LENGTH_LINE_ROOM);
        let fields = head.strip_suffix(b"\r\n").unwrap_or(head);
        fields
            .split_inclusive(|&byte| byte == b'\n')
            .filter(|line| !is_coding(line))
            .for_each(|line| {
                raw.extend_from_slice(line);
            });
        let fields_length = raw.len();
        raw.resize(fields_length + LENGTH_LINE_ROOM, 0);
        Self {
            raw,
            given: 0,
            fields_length,
            wire_length: head.len(),
            searched: 0,
            phase: Phase::Size,
            trailers: Vec::new(),
            trailers_length: 0,
            keeps_data: true,
        }
    }

    /// Starts the body behind a head of `head_length` bytes, to be measured: none of it is kept.
    pub(super) fn measured(head_length: usize) -> Self {
        Self {
            raw: vec![0; LENGTH_LINE_ROOM],
            given: 0,
            fields_length: 0,
            wire_length: head_length,
            searched: 0,
            phase: Phase::Size,
            trailers: Vec::new(),
            trailers_length: 0,
            keeps_data: false,
        }
    }

    /// Joins as much of the chunked `body` as is there and well-formed with `head`, as if it ended so.
    pub(super) fn join(head: &[u8], body: &[u8]) -> Message {
        let limits = Limits {
            max_head: usize::MAX,
            max_fields: usize::MAX,
            ..Limits::of_package(usize::MAX)
        };
        let mut joined = Self::of(head);
        match joined.decode(body, &limits) {
            Ok(Step {
                item: Some(message),
                ..
            }) => message,
            _ => joined.finish(),
        }
    }

    /// Bytes held, the room for the length line aside.
    pub(super) fn buffered(&self) -> usize {
        self.raw.len() - LENGTH_LINE_ROOM
    }

    /// Bytes held of the body.
    pub(super) fn buffered_body(&self) -> usize {
        self.raw.len() - self.body_start()
    }

    /// Gives away what is held of the body.
    pub(super) fn give<T>(&mut self, keep: impl FnOnce(&[u8]) -> T) -> T {
        let start = self.body_start();
        self.given += self.raw.len() - start;
        let kept = keep(&self.raw[start..]);
        self.raw.truncate(start);
        self.raw.shrink_to(start + ROOM_FOR_MORE);
        kept
    }

    const fn body_start(&self) -> usize {
        self.fields_length + LENGTH_LINE_ROOM
    }

    /// Appends what was consumed: the head, the body so far as one chunk, of which `given` was given
    /// away, and the trailers so far.
    pub(super) fn unread(&self, given: &[u8], out: &mut Vec<u8>) {
        let body = &self.raw[self.body_start()..];
        out.extend_from_slice(&self.raw[..self.fields_length]);
        out.extend_from_slice(b"Transfer-Encoding: chunked\r\n\r\n");
        let announced = given.len() + body.len() + self.missing();
        if announced > 0 {
            out.extend_from_slice(format!("{announced:x}\r\n").as_bytes());
            out.extend_from_slice(given);
            out.extend_from_slice(body);
        }
        match self.phase {
            Phase::Size if announced > 0 => out.extend_from_slice(b"\r\n"),
            Phase::Size | Phase::Data(_) | Phase::DataEnd => {}
            Phase::Trailers => {
                out.extend_from_slice(if announced > 0 {
                    b"\r\n0\r\n"
                } else {
                    b"0\r\n"
                });
                for (name, value) in &self.trailers {
                    out.extend_from_slice(&[name, &b": "[..], value, b"\r\n"].concat());
                }
            }
        }
    }

    /// Bytes of the current chunk that are still to come.
    const fn missing(&self) -> usize {
        match self.phase {
            Phase::Data(missing) => missing,
            Phase::Size | Phase::DataEnd | Phase::Trailers => 0,
        }
    }

    /// Takes in what `input` holds of the body.
    pub(super) fn decode(&mut self, input: &[u8], limits: &Limits) -> Result<Step<Message>, Error> {
        let mut consumed = 0;
        loop {
            let rest = &input[consumed..];
            let taken = match self.phase {
                Phase::Size => self.take_size(rest, limits)?,
                Phase::Data(missing) => self.take_data(rest, missing),
                Phase::DataEnd => take_data_end(rest)?.inspect(|_| self.phase = Phase::Size),
                Phase::Trailers => self.take_trailer(rest, limits)?,
            };
            let Some(taken) = taken else {
                return Ok(Step::pending(consumed));
            };
            consumed += taken.length;
            self.wire_length += taken.length;
            if taken.is_last {
                return Ok(Step::complete(consumed, self.finish()));
            }
        }
    }

    fn take_size(&mut self, input: &[u8], limits: &Limits) -> Result<Option<Taken>, Error> {
        let Some(line) = self.take_line(input, MAX_SIZE_LINE, Error::ChunkSize)? else {
            return Ok(None);
        };
        if has_forbidden_byte(line) {
            return Err(Error::ChunkSize);
        }
        let size = chunk_size(line)?;
        let taken = Taken::part(line.len() + 2);
        // The CRLF after the data, or after the trailers, is still to come.
        let wire_length = size.checked_add(self.wire_length + taken.length + 2);
        if wire_length.is_none_or(|length| length > limits.max_package_size) {
            return Err(Error::PackageTooLarge);
        }
        self.phase = if size == 0 {
            Phase::Trailers
        } else {
            Phase::Data(size)
        };
        Ok(Some(taken))
    }

    fn take_data(&mut self, input: &[u8], missing: usize) -> Option<Taken> {
        if input.is_empty() {
            return None;
        }
        let length = missing.min(input.len());
        if self.keeps_data {
            self.raw.extend_from_slice(&input[..length]);
        }
        self.phase = if length == missing {
            Phase::DataEnd
        } else {
            Phase::Data(missing - length)
        };
        Some(Taken::part(length))
    }

    fn take_trailer(&mut self, input: &[u8], limits: &Limits) -> Result<Option<Taken>, Error> {
        let room = limits.max_head.saturating_sub(self.trailers_length).max(2);
        let Some(line) = self.take_line(input, room, Error::HeadTooLarge)? else {
            return Ok(None);
        };
        let length = line.len() + 2;
        if self.wire_length + length > limits.max_package_size {
            return Err(Error::PackageTooLarge);
        }
        if line.is_empty() {
            return Ok(Some(Taken {
                length,
                is_last: true,
            }));
        }
        let (name, value) = split_field(line)
            .filter(|_| !has_forbidden_byte(line))
            .ok_or(Error::Trailer)?;
        if self.trailers.len() >= limits.max_fields {
            return Err(Error::TooManyFields);
        }
        self.trailers
            .push((name.to_ascii_lowercase(), value.to_vec()));
        self.trailers_length += length;
        Ok(Some(Taken::part(length)))
    }

    /// The line at the front of `input` without its CRLF, once it is whole. Longer than `max`, CRLF
    /// included, is `too_long`; an end without CR is malformed in any line.
    fn take_line<'a>(
        &mut self,
        input: &'a [u8],
        max: usize,
        too_long: Error,
    ) -> Result<Option<&'a [u8]>, Error> {
        let unsearched = input.get(self.searched..).unwrap_or_default();
        let line_feed = memchr(b'\n', unsearched).map(|at| self.searched + at);
        if line_feed.unwrap_or(input.len()) >= max {
            return Err(too_long);
        }
        self.searched = if line_feed.is_some() { 0 } else { input.len() };
        let malformed = if matches!(self.phase, Phase::Size) {
            Error::ChunkSize
        } else {
            Error::Trailer
        };
        line_feed
            .map(|end| input[..end].strip_suffix(b"\r").ok_or(malformed))
            .transpose()
    }

    /// Joins head and body. The head moves to the end of its room, so that the body never moves.
    fn finish(&mut self) -> Message {
        let body_start = self.body_start();
        let length = self.given + self.raw.len() - body_start;
        let length_line = format!("Content-Length: {length}\r\n\r\n");
        let unused = LENGTH_LINE_ROOM - length_line.len();
        self.raw.copy_within(..self.fields_length, unused);
        self.raw[unused + self.fields_length..body_start].copy_from_slice(length_line.as_bytes());
        Message {
            raw: Received::behind(unused, mem::take(&mut self.raw)),
            terms: Terms::default(),
            head_length: body_start - unused,
            trailers: mem::take(&mut self.trailers),
        }
    }
}

/// What one phase took from the front of the input.
#[derive(Debug, Clone, Copy)]
struct Taken {
    length: usize,
    is_last: bool,
}

impl Taken {
    const fn part(length: usize) -> Self {
        Self {
            length,
            is_last: false,
        }
    }
}

fn take_data_end(input: &[u8]) -> Result<Option<Taken>, Error> {
    match input {
        [b'\r', b'\n', ..] => Ok(Some(Taken::part(2))),
        [] | [b'\r'] => Ok(None),
        _ => Err(Error::ChunkEnd),
    }
}

fn is_coding(line: &[u8]) -> bool {
    split_field(line).is_some_and(|(name, _)| name.eq_ignore_ascii_case(b"transfer-encoding"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits {
        max_head: 64,
        ..Limits::of_package(200)
    };
    const HEAD: &[u8] = b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nHost: a\r\n\r\n";

    fn decode(body: &[u8]) -> Result<Step<Message>, Error> {
        ChunkedBody::new(HEAD, HEAD.len(), &LIMITS)?.decode(body, &LIMITS)
    }

    #[test]
    fn the_head_tells_the_length_of_the_joined_body() {
        let step = decode(b"3;a=b\r\nabc\r\n0A\r\n0123456789\r\n0\r\nX-Sum: 1\r\n\r\nGET").unwrap();
        let message = step.item.unwrap();
        let head = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 13\r\n\r\n";
        assert_eq!(message.raw, [&head[..], b"abc0123456789"].concat());
        assert_eq!(message.head_length, head.len());
        assert_eq!(message.trailers, [(b"x-sum".to_vec(), b"1".to_vec())]);
    }

    #[test]
    fn framing_counts_against_the_limit() {
        let chunks = b"1\r\na\r\n".repeat(25);
        assert_eq!(decode(&chunks), Err(Error::PackageTooLarge));
        assert_eq!(decode(b"ff\r\n"), Err(Error::PackageTooLarge));
    }

    #[test]
    fn trailers_and_size_lines_are_bounded() {
        assert_eq!(
            decode(&[&b"0\r\n"[..], &b"a".repeat(64)].concat()),
            Err(Error::HeadTooLarge)
        );
        assert_eq!(
            decode(&[&b"1;"[..], &b"a".repeat(MAX_SIZE_LINE)].concat()),
            Err(Error::ChunkSize)
        );
    }
}
