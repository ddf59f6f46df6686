//! Bytes on their way out of a connection, some of them shared with other connections, and files among them.

mod rest;
mod shared;

pub use shared::SharedBytes;

use std::{io, ops::Deref, sync::Arc};

use ouvrier_protocol::spare;

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
    #[inline]
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
        match (&mut self.front, &mut self.rest) {
            (Front::Own(bytes), None) => {
                if bytes.capacity() == 0 {
                    *bytes = spare::take();
                // Moving the rest to the front only when it is the smaller half keeps appending linear.
                } else if self.written > bytes.len() / 2 {
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

    /// As [`push_file`](Self::push_file), for when the queue is about to be written: a file of one piece, with little or nothing to be written before it, is
    /// read now. What cannot be read is found out in its turn.
    pub fn push_file_now(&mut self, mut file: FileRange) {
        let is_next = self.rest.is_none() && self.loaded() < LITTLE;
        if is_next && file.len() <= PIECE as u64 {
            let _ = file.read_piece(self.tail());
        }
        self.push_file(file);
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
        if self.rest.is_some() && *left > 0 {
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
        self.written = 0;
        self.rest = None;
        if let Front::Own(bytes) = std::mem::take(&mut self.front) {
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
mod tests;
