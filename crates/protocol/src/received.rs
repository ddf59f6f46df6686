use std::{mem, ops::Deref};

use crate::spare;

/// Bytes that were received, in a [spare] buffer that is used again.
#[derive(Debug, Clone, Eq)]
pub struct Received {
    buffer: Vec<u8>,
    /// Where they begin.
    start: usize,
}

impl Received {
    /// A copy of `bytes`.
    pub fn copy(bytes: &[u8]) -> Self {
        spare::copy(bytes).into()
    }

    /// What `buffer` holds from `start` on.
    pub(crate) const fn behind(start: usize, buffer: Vec<u8>) -> Self {
        Self { buffer, start }
    }

    /// Keeps the first `length` bytes.
    pub fn truncate(&mut self, length: usize) {
        self.buffer.truncate(self.start + length);
    }
}

impl From<Vec<u8>> for Received {
    fn from(buffer: Vec<u8>) -> Self {
        Self { buffer, start: 0 }
    }
}

impl Deref for Received {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        self.buffer.get(self.start..).unwrap_or_default()
    }
}

impl AsRef<[u8]> for Received {
    fn as_ref(&self) -> &[u8] {
        self
    }
}

impl<T: AsRef<[u8]> + ?Sized> PartialEq<T> for Received {
    fn eq(&self, other: &T) -> bool {
        **self == *other.as_ref()
    }
}

impl Drop for Received {
    fn drop(&mut self) {
        spare::give_back(mem::take(&mut self.buffer));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_buffer_of_what_is_dropped_is_there_for_the_next() {
        drop(Received::copy(b"message"));
        assert!(spare::take().capacity() >= 7);
    }

    #[test]
    fn what_stands_before_the_start_is_not_there() {
        let mut received = Received::behind(2, b"--abc".to_vec());
        assert_eq!(received, "abc");
        received.truncate(1);
        assert_eq!(received, "a");
    }
}
