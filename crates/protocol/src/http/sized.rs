use std::mem;

use super::{Message, Terms, decoder::ROOM_FOR_MORE};
use crate::{Step, spare};

/// A request whose length is known.
#[derive(Debug)]
pub(super) struct SizedBody {
    /// The head, and the body so far, without what was given away of it.
    raw: Vec<u8>,
    head_length: usize,
    total: usize,
    given: usize,
}

impl SizedBody {
    /// The body of a request that has `total` bytes, `head_length` of them in its head, which comes along.
    pub(super) const fn new(head_length: usize, total: usize) -> Self {
        Self {
            raw: Vec::new(),
            head_length,
            total,
            given: 0,
        }
    }

    /// The same behind a head that was taken in before.
    pub(super) fn behind(self, head: Vec<u8>) -> Self {
        Self { raw: head, ..self }
    }

    /// Bytes held.
    pub(super) fn buffered(&self) -> usize {
        self.raw.len()
    }

    /// Bytes held of the body.
    pub(super) fn buffered_body(&self) -> usize {
        self.raw.len().saturating_sub(self.head_length)
    }

    #[cfg(test)]
    pub(super) fn capacity(&self) -> usize {
        self.raw.capacity()
    }

    pub(super) fn give<T>(&mut self, keep: impl FnOnce(&[u8]) -> T) -> T {
        let start = self.head_length.min(self.raw.len());
        self.given += self.raw.len() - start;
        let kept = keep(&self.raw[start..]);
        self.raw.truncate(start);
        self.raw.shrink_to(start + ROOM_FOR_MORE);
        kept
    }

    pub(super) fn unread(&self, given: &[u8], out: &mut Vec<u8>) {
        let (head, body) = self.raw.split_at(self.head_length.min(self.raw.len()));
        out.extend_from_slice(head);
        out.extend_from_slice(given);
        out.extend_from_slice(body);
    }

    pub(super) fn decode(&mut self, input: &[u8], terms: Terms) -> Step<Message> {
        let missing = self.total - self.given - self.raw.len();
        let taken = missing.min(input.len());
        if self.raw.capacity() == 0 {
            self.raw = spare::copy(&input[..taken]);
        } else {
            self.raw.extend_from_slice(&input[..taken]);
        }
        if taken < missing {
            return Step::pending(taken);
        }
        Step::complete(
            taken,
            Message {
                raw: mem::take(&mut self.raw).into(),
                terms,
                head_length: self.head_length,
                trailers: Vec::new(),
            },
        )
    }
}
