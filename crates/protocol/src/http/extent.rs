//! For callers that keep the bytes of a request themselves.

use std::{
    borrow::Cow,
    hash::{DefaultHasher, Hasher},
};

use super::{
    Error, HeadEnd, Limits, Message,
    chunked::ChunkedBody,
    decoder::{find_head, total_length},
    head::Head,
    known::Framing,
};

/// How far the request at the front of a buffer reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// Its head is not whole yet.
    Unknown,
    /// Head and body have so many bytes, whether or not they are all there.
    Length(usize),
    /// A chunked body follows a head of so many bytes: see [`chunked_length`].
    Chunked(usize),
}

/// Says how far the request at the front of `input` reaches, for callers that keep the bytes themselves.
pub fn extent(input: &[u8], limits: &Limits) -> Result<Extent, Error> {
    let Some(checked) = find_head(&mut HeadEnd::default(), input, limits)? else {
        return Ok(Extent::Unknown);
    };
    match checked.framing {
        Framing::Chunked => Ok(Extent::Chunked(checked.head.length)),
        Framing::Length(length) => {
            total_length(checked.head.length, length, limits).map(Extent::Length)
        }
    }
}

/// The head of `package` in the form in which it goes to the script, where that is another one than
/// it has.
pub fn origin_form(package: &[u8], head_length: usize) -> Option<Vec<u8>> {
    let head = package.get(..head_length)?;
    let checked = Head::read(head, usize::MAX, usize::MAX).ok()?;
    if checked.length != head_length {
        return None;
    }
    match checked.in_origin_form(head) {
        Cow::Borrowed(_) => None,
        Cow::Owned(head) => Some(head),
    }
}

/// The length of the request at the front of `input`, whose head of `head_length` bytes announces a
/// chunked body; `None` as long as its end has not arrived.
pub fn chunked_length(
    input: &[u8],
    head_length: usize,
    limits: &Limits,
) -> Result<Option<usize>, Error> {
    ChunkedLength::new(head_length).measure(input, limits)
}

/// Bytes at either end of what was looked at by which it is known again, beside the head.
const MARK: usize = 256;

/// As [`chunked_length`], for a request that arrives bit by bit: what was measured is not looked at again.
#[derive(Debug)]
pub struct ChunkedLength {
    head_length: usize,
    body: ChunkedBody,
    /// Bytes of the request that were measured.
    measured: usize,
    /// Bytes that were there the last time, and what they are known by.
    seen: usize,
    mark: u64,
}

impl ChunkedLength {
    /// Nothing has been measured behind a head of `head_length` bytes.
    #[must_use]
    pub fn new(head_length: usize) -> Self {
        Self {
            head_length,
            body: ChunkedBody::measured(head_length),
            measured: head_length,
            seen: 0,
            mark: 0,
        }
    }

    /// Whether `input`, whose head has `head_length` bytes, seems to begin with what was measured the last time. Its head tells, and the bytes at
    /// either end of the rest: to compare all of it each time would take quadratic time.
    #[must_use]
    pub fn is_of(&self, input: &[u8], head_length: usize) -> bool {
        self.head_length == head_length
            && input
                .get(..self.seen)
                .is_some_and(|seen| self.mark_of(seen) == self.mark)
    }

    fn mark_of(&self, seen: &[u8]) -> u64 {
        let first = seen.len().min(self.head_length.saturating_add(MARK));
        let last = seen.len().saturating_sub(MARK).max(first);
        let mut hasher = DefaultHasher::new();
        hasher.write(&seen[..first]);
        hasher.write(&seen[last..]);
        hasher.finish()
    }

    /// What [`chunked_length`] says of `input`, which begins with what it was the last time: see [`Self::is_of`]. Once it is not `None`, there is nothing more to measure.
    ///
    /// # Errors
    /// As [`chunked_length`].
    pub fn measure(&mut self, input: &[u8], limits: &Limits) -> Result<Option<usize>, Error> {
        let rest = input.get(self.measured..).unwrap_or_default();
        let step = self.body.decode(rest, limits)?;
        self.measured += step.consumed;
        self.seen = input.len();
        self.mark = self.mark_of(input);
        Ok(step.item.map(|_| self.measured))
    }
}

/// The request in `package` with its chunks joined, as a [`Decoder`](super::Decoder) does. What is malformed or
/// missing ends the body.
pub fn join_chunks(package: &[u8], head_length: usize) -> Message {
    let (head, body) = package.split_at(head_length.min(package.len()));
    ChunkedBody::join(head, body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_request_is_not_taken_for_the_one_that_was_measured() {
        let (head, limits) = (b"POST / HTTP/1.1\r\n\r\n", Limits::of_package(1 << 20));
        let mut measured = ChunkedLength::new(head.len());
        let begun = [&head[..], &b"1\r\na\r\n".repeat(1000), b"0000"].concat();
        assert_eq!(measured.measure(&begun, &limits), Ok(None));

        let is_of = |input: &[u8]| measured.is_of(input, head.len());
        assert!(is_of(&begun) && is_of(&[&begun, &b"0\r\n\r\n"[..]].concat()));
        assert!(!is_of(&begun[..begun.len() - 1]));
        for at in [0, head.len(), begun.len() - 1] {
            let mut other = begun.clone();
            other[at] ^= 1;
            assert!(!is_of(&other), "byte {at}");
        }
        assert!(!measured.is_of(&begun, head.len() - 1));
    }

    #[test]
    fn a_head_that_names_its_host_is_rewritten() {
        assert_eq!(
            origin_form(b"GET http://a HTTP/1.0\r\n\r\nbody", 25).unwrap(),
            b"GET / HTTP/1.0\r\nHost: a\r\n\r\n"
        );
    }
}
