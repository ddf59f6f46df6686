//! Bytes on their way out of a connection.

use std::io;

/// A queue of bytes that costs nothing while it is empty.
#[derive(Debug, Default)]
pub struct SendBuffer {
    bytes: Vec<u8>,
    /// How many of `bytes` have been written already.
    written: usize,
}

impl SendBuffer {
    /// How many bytes wait.
    #[must_use]
    pub fn len(&self) -> usize {
        self.bytes.len() - self.written
    }

    /// Whether nothing waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The end of the queue, for encoders to append to. What is there already must be left alone.
    pub fn tail(&mut self) -> &mut Vec<u8> {
        // Moving the rest to the front only when it is the smaller half keeps appending linear.
        if self.written > self.bytes.len() / 2 {
            self.bytes.drain(..self.written);
            self.written = 0;
        }
        &mut self.bytes
    }

    /// Offers the queue to `write` until it is empty or `write` fails, and returns how many bytes were taken.
    ///
    /// # Errors
    /// What `write` returns; `WouldBlock` included. Bytes taken before the error are gone from the queue.
    pub fn write_with(
        &mut self,
        mut write: impl FnMut(&[u8]) -> io::Result<usize>,
    ) -> (usize, io::Result<()>) {
        let before = self.len();
        let result = loop {
            if self.is_empty() {
                break Ok(());
            }
            match write(&self.bytes[self.written..]) {
                Ok(0) => break Err(io::ErrorKind::WriteZero.into()),
                Ok(count) => self.written += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => break Err(error),
            }
        };
        let taken = before - self.len();
        if self.is_empty() {
            *self = Self::default();
        }
        (taken, result)
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_order_over_partial_writes_and_appends() {
        let mut buffer = SendBuffer::default();
        buffer.tail().extend_from_slice(b"hello ");
        let mut wire = Vec::new();
        let mut quota = 4;
        let (taken, result) = buffer.write_with(|bytes| {
            if quota == 0 {
                return Err(io::ErrorKind::WouldBlock.into());
            }
            let count = quota.min(bytes.len());
            quota -= count;
            wire.extend_from_slice(&bytes[..count]);
            Ok(count)
        });
        assert_eq!(
            (taken, result.unwrap_err().kind()),
            (4, io::ErrorKind::WouldBlock)
        );

        buffer.tail().extend_from_slice(b"world");
        assert_eq!(buffer.len(), 7);
        let (taken, result) = buffer.write_with(|bytes| {
            wire.extend_from_slice(bytes);
            Ok(bytes.len())
        });
        assert!(result.is_ok());
        assert_eq!(taken, 7);
        assert_eq!(wire, b"hello world");
    }

    #[test]
    fn holds_no_memory_when_empty() {
        let mut buffer = SendBuffer::default();
        buffer.tail().extend_from_slice(&[0; 1000]);
        let _ = buffer.write_with(|bytes| Ok(bytes.len()));
        assert_eq!(buffer.bytes.capacity(), 0);
    }
}
