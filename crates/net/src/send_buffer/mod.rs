//! Bytes on their way out of a connection, some of them shared with other connections, and files among them.

mod rest;
mod shared;

pub use shared::SharedBytes;

use std::{io, sync::Arc};

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
    front: Vec<u8>,
    /// How many bytes of the front have been written already.
    written: usize,
    /// What follows the front from the first file or shared bytes on. Most connections never have any, and are to be small.
    rest: Option<Box<Rest>>,
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
        self.rest.as_ref().map_or(0, |rest| rest.len_of_shared())
    }

    /// Whether nothing waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.loaded() == 0 && self.rest.is_none()
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
        if self.front.capacity() == 0 && self.rest.is_none() {
            self.front = spare::take();
        }
        // Moving the rest to the front only when it is the smaller half keeps appending linear.
        if self.written > self.front.len() / 2 {
            self.forget_written();
        }
        match &mut self.rest {
            Some(rest) => rest.tail(),
            None => &mut self.front,
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
            match self.write_once(outlet, &mut left) {
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

    /// Writes what is in memory, with the next piece of a file behind it while there is room in the turn; or what comes after it and need
    /// not be in memory.
    fn write_once(&mut self, outlet: &mut impl Outlet, left: &mut usize) -> io::Result<usize> {
        if self.rest.is_some() {
            if self.loaded() == 0
                && let Some(written) = self.write_rest(outlet)
            {
                let count = written?;
                *left = left.saturating_sub(count);
                return Ok(count);
            }
            if *left > 0 {
                match self.load() {
                    Ok(count) => *left = left.saturating_sub(count),
                    // What stands before it leaves all the same; then it is found out again.
                    Err(_) if self.loaded() > 0 => {}
                    Err(error) => return Err(error),
                }
            }
        }
        let count = outlet.write(&self.front[self.written..])?;
        self.written += count;
        Ok(count)
    }

    /// Writes from where it is what is not brought to the front, if that is next.
    fn write_rest(&mut self, outlet: &mut impl Outlet) -> Option<io::Result<usize>> {
        let rest = self.rest.as_mut()?;
        let written = rest.write_to(outlet);
        if rest.is_empty() {
            self.rest = None;
        }
        written
    }

    /// Brings the next piece to the front, if there is little left, and says how long it is. A short head and the file behind it so leave together.
    ///
    /// # Errors
    /// When a file cannot be read, or is shorter than it was.
    fn load(&mut self) -> io::Result<usize> {
        let before = self.loaded();
        if before >= LITTLE {
            return Ok(0);
        }
        self.forget_written();
        if let Some(rest) = &mut self.rest {
            rest.take_piece(&mut self.front)?;
            if rest.is_empty() {
                self.rest = None;
            }
        }
        Ok(self.loaded() - before)
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.written = 0;
        self.rest = None;
        spare::give_back(std::mem::take(&mut self.front));
    }

    fn forget_written(&mut self) {
        self.front.drain(..self.written);
        self.written = 0;
    }

    fn loaded(&self) -> usize {
        self.front.len() - self.written
    }
}

#[cfg(test)]
mod tests;
