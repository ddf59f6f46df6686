//! Bytes on their way out of a connection, and files among them.

use std::{collections::VecDeque, io};

use crate::file::FileRange;

/// Most pieces of files in one visit of [`SendBuffer::write_with`]: a client that reads as fast as the disk must not hold up the others.
const PIECES: usize = 16;

/// Bytes in memory below which the next piece of a file is read.
const LITTLE: usize = 4 * 1024;

/// A queue of bytes that costs nothing while it is empty.
#[derive(Debug, Default)]
pub struct SendBuffer {
    bytes: Vec<u8>,
    /// How many of `bytes` have been written already.
    written: usize,
    /// What follows `bytes` from the first file on.
    #[allow(
        clippy::box_collection,
        reason = "most connections never have any, and are to be small"
    )]
    rest: Option<Box<VecDeque<Segment>>>,
}

#[derive(Debug)]
enum Segment {
    File(FileRange),
    Bytes(Vec<u8>),
}

impl SendBuffer {
    /// How many bytes wait in memory. Of a file that is a piece at most.
    #[must_use]
    pub fn len(&self) -> usize {
        let behind = self.rest.iter().flat_map(|rest| rest.iter());
        let behind = behind.map(|segment| match segment {
            Segment::File(_) => 0,
            Segment::Bytes(bytes) => bytes.len(),
        });
        self.loaded() + behind.sum::<usize>()
    }

    /// Whether nothing waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.loaded() == 0 && self.rest.is_none()
    }

    /// How many bytes wait in files.
    #[must_use]
    pub fn len_in_files(&self) -> u64 {
        let behind = self.rest.iter().flat_map(|rest| rest.iter());
        let behind = behind.map(|segment| match segment {
            Segment::File(file) => file.len(),
            Segment::Bytes(_) => 0,
        });
        behind.sum()
    }

    /// Whether there is a file among what waits.
    #[must_use]
    pub const fn has_file(&self) -> bool {
        self.rest.is_some()
    }

    /// The end of the queue, for encoders to append to. What is there already must be left alone.
    pub fn tail(&mut self) -> &mut Vec<u8> {
        // Moving the rest to the front only when it is the smaller half keeps appending linear.
        if self.written > self.bytes.len() / 2 {
            self.bytes.drain(..self.written);
            self.written = 0;
        }
        let Some(rest) = &mut self.rest else {
            return &mut self.bytes;
        };
        if !matches!(rest.back(), Some(Segment::Bytes(_))) {
            rest.push_back(Segment::Bytes(Vec::new()));
        }
        match rest.back_mut() {
            Some(Segment::Bytes(bytes)) => bytes,
            _ => &mut self.bytes,
        }
    }

    /// Appends what a file holds. It is read when its turn comes, a piece at a time.
    pub fn push_file(&mut self, file: FileRange) {
        if !file.is_empty() {
            self.rest
                .get_or_insert_default()
                .push_back(Segment::File(file));
        }
    }

    /// Offers the queue to `write` until it is empty, `write` fails, or it is somebody else's turn, and returns how many bytes were taken.
    ///
    /// # Errors
    /// What `write` returns; `WouldBlock` included. Bytes taken before the error are gone from the queue. A file that cannot be read, or that
    /// has become shorter, is an error too: what was promised of it cannot be kept.
    pub fn write_with(
        &mut self,
        mut write: impl FnMut(&[u8]) -> io::Result<usize>,
    ) -> (usize, io::Result<()>) {
        let (mut taken, mut pieces) = (0, 0);
        let result = loop {
            if self.is_empty() || (self.loaded() == 0 && pieces == PIECES) {
                break Ok(());
            }
            if pieces < PIECES {
                pieces += usize::from(self.rest.is_some());
                if let Err(error) = self.load() {
                    break Err(error);
                }
            }
            match write(&self.bytes[self.written..]) {
                Ok(0) => break Err(io::ErrorKind::WriteZero.into()),
                Ok(count) => {
                    self.written += count;
                    taken += count;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => break Err(error),
            }
        };
        if self.is_empty() {
            self.clear();
        }
        (taken, result)
    }

    /// Brings the next piece into memory, if there is little left. A short head and the file behind it so leave together.
    ///
    /// # Errors
    /// When a file cannot be read, or is shorter than it was.
    pub fn load(&mut self) -> io::Result<()> {
        if self.loaded() >= LITTLE {
            return Ok(());
        }
        let Some(rest) = &mut self.rest else {
            return Ok(());
        };
        self.bytes.drain(..self.written);
        self.written = 0;
        let is_done = match rest.front_mut() {
            Some(Segment::File(file)) => {
                file.read_piece(&mut self.bytes)?;
                file.is_empty()
            }
            Some(Segment::Bytes(bytes)) => {
                self.bytes.append(bytes);
                true
            }
            None => true,
        };
        if is_done {
            rest.pop_front();
        }
        if rest.is_empty() {
            self.rest = None;
        }
        Ok(())
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    const fn loaded(&self) -> usize {
        self.bytes.len() - self.written
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

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
    fn a_file_goes_out_in_its_place_and_in_pieces() {
        let content: Vec<u8> = (0..200_000u32).map(|n| n as u8).collect();
        let mut buffer = SendBuffer::default();
        buffer.tail().extend_from_slice(b"before ");
        buffer.push_file(range_of(&content, 10, 150_000));
        buffer.tail().extend_from_slice(b" after");

        assert_eq!((buffer.len(), buffer.len_in_files()), (13, 150_000));
        assert!(buffer.has_file());
        let mut wire = Vec::new();
        let (taken, result) = buffer.write_with(|bytes| {
            assert!(bytes.len() <= LITTLE + crate::file::PIECE);
            wire.extend_from_slice(bytes);
            Ok(bytes.len())
        });
        assert!(result.is_ok() && buffer.is_empty() && !buffer.has_file());
        assert_eq!(taken, 13 + 150_000);
        assert_eq!(
            wire,
            [b"before ", &content[10..150_010], b" after"].concat()
        );
    }

    #[test]
    fn a_long_file_takes_turns() {
        let length = crate::file::PIECE * PIECES + 1;
        let mut buffer = SendBuffer::default();
        buffer.push_file(range_of(&vec![0; length], 0, length));
        let (first, result) = buffer.write_with(|bytes| Ok(bytes.len()));
        assert!(result.is_ok() && !buffer.is_empty());
        let (second, _) = buffer.write_with(|bytes| Ok(bytes.len()));
        assert!(buffer.is_empty());
        assert_eq!((first, second), (length - 1, 1));
    }

    #[test]
    fn a_file_that_became_shorter_is_an_error() {
        let mut buffer = SendBuffer::default();
        buffer.push_file(range_of(b"short", 0, 6));
        let (taken, result) = buffer.write_with(|bytes| Ok(bytes.len()));
        assert_eq!(taken, 5);
        assert_eq!(result.unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
    }

    fn range_of(content: &[u8], offset: usize, length: usize) -> FileRange {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(content).unwrap();
        FileRange::new(file, offset as u64, length as u64)
    }

    #[test]
    fn holds_no_memory_when_empty() {
        let mut buffer = SendBuffer::default();
        buffer.tail().extend_from_slice(&[0; 1000]);
        let _ = buffer.write_with(|bytes| Ok(bytes.len()));
        assert_eq!(buffer.bytes.capacity(), 0);
    }
}
