//! Bytes that were received and make no whole message yet.

/// The front of a stream, of which a decoder takes what it can use.
///
/// It holds no memory while it is empty, and the work over its life is linear in the bytes that go through it.
#[derive(Debug, Default)]
pub(crate) struct ReceiveBuffer {
    bytes: Vec<u8>,
    /// How many of `bytes` are done with.
    consumed: usize,
}

impl ReceiveBuffer {
    pub(crate) fn unconsumed(&self) -> &[u8] {
        &self.bytes[self.consumed..]
    }

    pub(crate) fn len(&self) -> usize {
        self.bytes.len() - self.consumed
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub(crate) fn append(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// Drops `count` bytes at the front, which must be there.
    pub(crate) fn consume(&mut self, count: usize) {
        self.consumed += count;
        if self.is_empty() {
            *self = Self::default();
        } else if self.consumed > self.bytes.len() / 2 {
            // Moves fewer bytes than were consumed, and leaves the room of a large message that is gone.
            self.bytes = self.unconsumed().to_vec();
            self.consumed = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_order_over_appends_and_consumption() {
        let mut buffer = ReceiveBuffer::default();
        buffer.append(b"abcdef");
        buffer.consume(2);
        buffer.append(b"gh");
        assert_eq!(buffer.unconsumed(), b"cdefgh");
        buffer.consume(5);
        assert_eq!((buffer.unconsumed(), buffer.len()), (&b"h"[..], 1));
    }

    #[test]
    fn lets_go_of_the_room_of_what_was_consumed() {
        let mut buffer = ReceiveBuffer::default();
        buffer.append(&[0; 100_000]);
        buffer.append(b"rest");
        buffer.consume(100_000);
        assert!(buffer.bytes.capacity() < 100);
        buffer.consume(4);
        assert_eq!(buffer.bytes.capacity(), 0);
    }
}
