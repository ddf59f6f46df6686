//! For callers that keep the bytes of a request themselves.

use std::borrow::Cow;

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

/// As [`chunked_length`], for a request that arrives bit by bit: what was measured is not looked at again.
#[derive(Debug)]
pub struct ChunkedLength {
    head_length: usize,
    body: ChunkedBody,
    /// Bytes of the request that were measured.
    measured: usize,
}

impl ChunkedLength {
    /// Nothing has been measured behind a head of `head_length` bytes.
    #[must_use]
    pub fn new(head_length: usize) -> Self {
        Self {
            head_length,
            body: ChunkedBody::measured(head_length),
            measured: head_length,
        }
    }

    /// Bytes of the head.
    #[must_use]
    pub const fn head_length(&self) -> usize {
        self.head_length
    }

    /// What [`chunked_length`] says of `input`, which begins with what it was the last time. Once it is not `None`, there is nothing more to measure.
    ///
    /// # Errors
    /// As [`chunked_length`].
    pub fn measure(&mut self, input: &[u8], limits: &Limits) -> Result<Option<usize>, Error> {
        let rest = input.get(self.measured..).unwrap_or_default();
        let step = self.body.decode(rest, limits)?;
        self.measured += step.consumed;
        Ok(step.item.map(|_| self.measured))
    }
}

/// The request in `package` with its chunks joined, as [`Decoder`] joins them. What is malformed or
/// missing ends the body.
pub fn join_chunks(package: &[u8], head_length: usize) -> Message {
    let (head, body) = package.split_at(head_length.min(package.len()));
    ChunkedBody::join(head, body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_that_names_its_host_is_rewritten() {
        assert_eq!(
            origin_form(b"GET http://a HTTP/1.0\r\n\r\nbody", 25).unwrap(),
            b"GET / HTTP/1.0\r\nHost: a\r\n\r\n"
        );
    }
}
