//! Bytes on their way out of a connection, some of them shared with other connections, and files among them.

mod rest;
mod shared;
mod spare;

pub use shared::SharedBytes;

use std::{io, ops::Deref, sync::Arc};

use self::rest::Rest;
use crate::file::{FileRange, PIECE};

/// Bytes from which a frame is worth being shared: fewer are copied, which is cheaper.
pub(crate) const SHARED: usize = 4 * 1024;

/// Most bytes in one visit of [`SendBuffer::write_to`] that were not in the front, about: a client that reads as fast as the disk must not
/// hold up the others.
const ONE_TURN: usize = 16 * PIECE;

/// Bytes in memory below which the next piece of a file is read.
const LITTLE: usize = 4 * 1024;

/// Where the queue goes.
pub trait Outlet {
    /// Takes some of the bytes, and says how many.
    ///
    /// # Errors
    /// When it takes none now, or none any more.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize>;

    /// Takes some of the next bytes of a file without having them read before, and says how many; `None` where it cannot do that.
    fn write_file(&mut self, file: &FileRange) -> Option<io::Result<usize>>;
}

/// Without a way for files.
impl<F: FnMut(&[u8]) -> io::Result<usize>> Outlet for F {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self(bytes)
    }

    fn write_file(&mut self, _: &FileRange) -> Option<io::Result<usize>> {
        None
    }
}

/// A queue of bytes that costs nothing while it is empty.
#[derive(Debug, Default)]
pub struct SendBuffer {
    front: Front,
    /// How many bytes of the front have been written already.
    written: usize,
    /// What follows the front from the first file or shared bytes on. Most connections never have any, and are to be small.
    rest: Option<Box<Rest>>,
}

/// What is written next.
#[derive(Debug)]
enum Front {
    Own(Vec<u8>),
    Shared(Arc<SharedBytes>),
}

impl Default for Front {
    fn default() -> Self {
        Self::Own(Vec::new())
    }
}

impl SendBuffer {
    /// How many bytes wait in memory. Of a file that is a piece at most.
    #[must_use]
    pub fn len(&self) -> usize {
        self.loaded() + self.rest.as_ref().map_or(0, |rest| rest.len())
    }

    /// How many of them wait in one place for other queues as well.
    #[must_use]
    pub fn len_of_shared(&self) -> usize {
        let front = match self.front {
            Front::Own(_) => 0,
            Front::Shared(_) => self.loaded(),
        };
        front + self.rest.as_ref().map_or(0, |rest| rest.len_of_shared())
    }

    /// Whether nothing waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.loaded() == 0 && self.rest.as_ref().is_none_or(|rest| rest.is_empty())
    }

    /// How many bytes wait in files.
    #[must_use]
    pub fn len_in_files(&self) -> u64 {
        self.rest.as_ref().map_or(0, |rest| rest.len_in_files())
    }

    /// Whether there is a file among what waits.
    #[must_use]
    pub fn has_file(&self) -> bool {
        self.rest.as_ref().is_some_and(|rest| rest.has_file())
    }

    /// The end of the queue, for encoders to append to. What is there already must be left alone.
    pub fn tail(&mut self) -> &mut Vec<u8> {
        if self.is_empty() {
            self.clear();
        }
        match (&mut self.front, &mut self.rest) {
            (Front::Own(bytes), None) => {
                if bytes.capacity() == 0 {
                    *bytes = spare::take();
                }
                // Moving the rest to the front only when it is the smaller half keeps appending linear.
                if self.written > bytes.len() / 2 {
                    bytes.drain(..self.written);
                    self.written = 0;
                }
                bytes
            }
            (_, rest) => rest.get_or_insert_default().tail(),
        }
    }

    /// Appends bytes that may wait in other queues as well, and are not copied if they are many.
    pub fn push(&mut self, bytes: &Arc<SharedBytes>) {
        if bytes.len() < SHARED {
            self.tail().extend_from_slice(bytes);
        } else {
            self.rest.get_or_insert_default().push(Arc::clone(bytes));
        }
    }

    /// Appends what a file holds. It is read when its turn comes, a piece at a time.
    pub fn push_file(&mut self, file: FileRange) {
        if !file.is_empty() {
            self.rest.get_or_insert_default().push_file(file);
        }
    }

    /// Offers the queue to `outlet` until it is empty, `outlet` fails, or it is somebody else's turn, and returns how many bytes were taken.
    ///
    /// # Errors
    /// What `outlet` returns; `WouldBlock` included. Bytes taken before the error are gone from the queue. A file that cannot be read, or that
    /// has become shorter, is an error too: what was promised of it cannot be kept.
    pub fn write_to(&mut self, outlet: &mut impl Outlet) -> (usize, io::Result<()>) {
        let (mut taken, mut left) = (0, ONE_TURN);
        let result = loop {
            if self.is_empty() || (self.loaded() == 0 && left == 0) {
                break Ok(());
            }
            let wrote = match self.long_file().map(|file| outlet.write_file(file)) {
                Some(Some(wrote)) => wrote.map(|count| {
                    left = left.saturating_sub(count);
                    self.file_written(count)
                }),
                Some(None) | None => self.write_bytes(outlet, &mut left),
            };
            match wrote {
                Ok(0) => break Err(io::ErrorKind::WriteZero.into()),
                Ok(count) => taken += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => break Err(error),
            }
        };
        if self.is_empty() {
            self.clear();
        }
        (taken, result)
    }

    /// Writes what is in memory, with the next piece of a file behind it while there is room in the turn.
    fn write_bytes(&mut self, outlet: &mut impl Outlet, left: &mut usize) -> io::Result<usize> {
        if *left > 0 {
            let before = self.loaded();
            self.load()?;
            *left = left.saturating_sub(self.loaded() - before);
        }
        let count = outlet.write(&self.front[self.written..])?;
        self.written += count;
        Ok(count)
    }

    /// The file at the front, if nothing stands before it and it is worth a system call of its own. Its first piece leaves with the head before it.
    fn long_file(&self) -> Option<&FileRange> {
        let file = self.rest.as_ref()?.file()?;
        (self.loaded() == 0 && file.len() > PIECE as u64).then_some(file)
    }

    fn file_written(&mut self, count: usize) -> usize {
        if let Some(rest) = &mut self.rest {
            rest.file_written(count);
            if rest.is_empty() {
                self.rest = None;
            }
        }
        count
    }

    /// Brings the next piece to the front, if there is little left. A short head and the file behind it so leave together.
    ///
    /// # Errors
    /// When a file cannot be read, or is shorter than it was.
    fn load(&mut self) -> io::Result<()> {
        let Some(rest) = &mut self.rest else {
            return Ok(());
        };
        let loaded = self.front.len() - self.written;
        if loaded >= LITTLE {
            return Ok(());
        }
        if loaded == 0 {
            self.written = 0;
            self.front = match rest.take_shared() {
                Some(bytes) => Front::Shared(bytes),
                None => Front::default(),
            };
        }
        if let Front::Own(bytes) = &mut self.front {
            bytes.drain(..self.written);
            self.written = 0;
            rest.take_piece(bytes)?;
        }
        if rest.is_empty() {
            self.rest = None;
        }
        Ok(())
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        if let Front::Own(bytes) = std::mem::take(self).front {
            spare::give_back(bytes);
        }
    }

    fn loaded(&self) -> usize {
        self.front.len() - self.written
    }
}

impl Deref for Front {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Self::Own(bytes) => bytes,
            Self::Shared(bytes) => bytes,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{cell::Cell, io::Write};

    use super::*;
    use crate::ledger::Ledger;

    #[test]
    fn keeps_order_over_partial_writes_and_appends() {
        let mut buffer = SendBuffer::default();
        buffer.tail().extend_from_slice(b"hello ");
        let mut wire = Vec::new();
        let mut quota = 4;
        let (taken, result) = buffer.write_to(&mut |bytes: &[u8]| {
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
        let (taken, result) = buffer.write_to(&mut |bytes: &[u8]| {
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
        let (taken, result) = buffer.write_to(&mut |bytes: &[u8]| {
            assert!(bytes.len() <= LITTLE + PIECE);
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
        let length = ONE_TURN + 1;
        let mut buffer = SendBuffer::default();
        buffer.push_file(range_of(&vec![0; length], 0, length));
        let (first, result) = buffer.write_to(&mut |bytes: &[u8]| Ok(bytes.len()));
        assert!(result.is_ok() && !buffer.is_empty());
        let (second, _) = buffer.write_to(&mut |bytes: &[u8]| Ok(bytes.len()));
        assert!(buffer.is_empty());
        assert_eq!((first, second), (length - 1, 1));
    }

    #[test]
    fn a_long_file_goes_out_unread_behind_its_first_piece() {
        /// Takes little at a time.
        struct Socket(Vec<u8>, usize);
        impl Outlet for Socket {
            fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
                let count = bytes.len().min(50_000);
                self.0.extend_from_slice(&bytes[..count]);
                Ok(count)
            }

            fn write_file(&mut self, file: &FileRange) -> Option<io::Result<usize>> {
                let (reader, writer) = std::os::unix::net::UnixStream::pair().unwrap();
                writer.set_nonblocking(true).unwrap();
                let sent = file.send_to(&writer);
                drop(writer);
                self.1 += *sent.as_ref().unwrap();
                io::Read::read_to_end(&mut &reader, &mut self.0).unwrap();
                Some(sent)
            }
        }
        let content: Vec<u8> = (0..1_000_000u32).map(|n| n as u8).collect();
        let mut buffer = SendBuffer::default();
        buffer.tail().extend_from_slice(b"before ");
        buffer.push_file(range_of(&content, 10, 900_000));
        buffer.tail().extend_from_slice(b" after");
        let mut socket = Socket(Vec::new(), 0);
        while !buffer.is_empty() {
            buffer.write_to(&mut socket).1.unwrap();
        }
        assert!(socket.0 == [b"before ", &content[10..900_010], b" after"].concat());
        assert!(socket.1 >= 900_000 - 2 * PIECE, "{}", socket.1);
    }

    #[test]
    fn a_file_that_became_shorter_is_an_error() {
        let mut buffer = SendBuffer::default();
        buffer.push_file(range_of(b"short", 0, 6));
        let (taken, result) = buffer.write_to(&mut |bytes: &[u8]| Ok(bytes.len()));
        assert_eq!(taken, 5);
        assert_eq!(result.unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
    }

    fn range_of(content: &[u8], offset: usize, length: usize) -> FileRange {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(content).unwrap();
        FileRange::new(file, offset as u64, length as u64)
    }

    fn shared(bytes: Vec<u8>) -> Arc<SharedBytes> {
        let permit = Arc::<Ledger>::default().permit(bytes.len());
        Arc::new(SharedBytes::new(bytes, permit))
    }

    #[test]
    fn shared_bytes_go_out_in_their_place_and_are_not_copied() {
        let large = shared(vec![b'x'; SHARED]);
        let mut buffer = SendBuffer::default();
        for part in [b"one", b"two"] {
            buffer.tail().extend_from_slice(part);
            buffer.push(&large);
            buffer.push(&large);
        }
        buffer.push(&shared(b"three".to_vec()));
        assert_eq!(buffer.len(), 4 * SHARED + 11);
        assert_eq!(buffer.len_of_shared(), 4 * SHARED);
        assert!(!buffer.has_file());
        assert_eq!(Arc::strong_count(&large), 5);

        let (mut wire, left) = (Vec::new(), Cell::new(SHARED + 1000));
        let mut write = |bytes: &[u8]| {
            let count = left.get().min(bytes.len()).min(3000);
            left.set(left.get() - count);
            wire.extend_from_slice(&bytes[..count]);
            match count {
                0 => Err(io::ErrorKind::WouldBlock.into()),
                _ => Ok(count),
            }
        };
        assert_eq!(buffer.write_to(&mut write).0, SHARED + 1000);
        assert_eq!(buffer.len(), 3 * SHARED + 11 - 1000);
        assert_eq!(buffer.len_of_shared(), 3 * SHARED - 997);
        buffer.tail().extend_from_slice(b"four");
        left.set(usize::MAX);
        while !buffer.is_empty() {
            assert!(buffer.write_to(&mut write).1.is_ok());
        }
        let expected = [
            b"one",
            &large[..],
            &large,
            b"two",
            &large,
            &large,
            b"threefour",
        ];
        assert!(wire == expected.concat());
        assert_eq!(Arc::strong_count(&large), 1);
        assert_eq!((buffer.len(), buffer.len_of_shared()), (0, 0));
    }

    #[test]
    fn shared_bytes_and_files_keep_their_order() {
        let large = shared(vec![b'x'; SHARED]);
        let mut buffer = SendBuffer::default();
        buffer.push(&large);
        buffer.push_file(range_of(b"file", 0, 4));
        buffer.push(&large);
        buffer.tail().extend_from_slice(b"end");
        assert_eq!((buffer.len(), buffer.len_in_files()), (2 * SHARED + 3, 4));
        let mut wire = Vec::new();
        let (_, result) = buffer.write_to(&mut |bytes: &[u8]| {
            wire.extend_from_slice(bytes);
            Ok(bytes.len())
        });
        assert!(result.is_ok() && buffer.is_empty());
        assert!(wire == [&large[..], b"file", &large, b"end"].concat());
    }

    #[test]
    fn the_next_who_sends_has_the_buffer_of_one_who_is_done() {
        let (mut first, mut second) = (SendBuffer::default(), SendBuffer::default());
        first.tail().extend_from_slice(b"one");
        let _ = first.write_to(&mut |bytes: &[u8]| Ok(bytes.len()));
        let capacity = second.tail().capacity();
        assert!(capacity > 0 && second.is_empty());
        second.tail().extend_from_slice(b"two");
        let _ = second.write_to(&mut |bytes: &[u8]| {
            assert_eq!(bytes, b"two");
            Ok(bytes.len())
        });
        first.tail().extend_from_slice(&[0; spare::MOST_BYTES + 1]);
        let _ = first.write_to(&mut |bytes: &[u8]| Ok(bytes.len()));
        assert_eq!(second.tail().capacity(), 0, "a large one is given up");
    }

    #[test]
    fn holds_no_memory_when_empty() {
        let mut buffer = SendBuffer::default();
        buffer.tail().extend_from_slice(&[0; 1000]);
        let _ = buffer.write_to(&mut |bytes: &[u8]| Ok(bytes.len()));
        assert!(matches!(&buffer.front, Front::Own(bytes) if bytes.capacity() == 0));
    }
}
