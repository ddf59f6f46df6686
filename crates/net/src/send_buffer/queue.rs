//! What a send buffer holds while there is something in it.

use std::{io, mem, sync::Arc};

use ouvrier_protocol::spare;

use super::{Outlet, SharedBytes, rest::Rest};
use crate::file::{FileRange, PIECE};

/// Most bytes in one visit of [`Queue::write_to`] that were not in the front, about: a client that reads as fast as the disk must not
/// hold up the others.
pub(super) const ONE_TURN: usize = 16 * PIECE;

/// Bytes in memory below which the next piece of a file is read.
pub(super) const LITTLE: usize = 4 * 1024;

/// Bytes, and what follows them.
#[derive(Debug, Default)]
pub(super) struct Queue {
    front: Vec<u8>,
    /// How many bytes of the front have been written already.
    written: usize,
    /// What follows the front from the first file or shared bytes on. Most connections never have any.
    rest: Option<Box<Rest>>,
}

impl Queue {
    pub(super) fn len(&self) -> usize {
        self.loaded() + self.rest.as_ref().map_or(0, |rest| rest.len())
    }

    pub(super) fn len_of_shared(&self) -> usize {
        self.rest.as_ref().map_or(0, |rest| rest.len_of_shared())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.loaded() == 0 && self.rest.is_none()
    }

    pub(super) fn len_in_files(&self) -> u64 {
        self.rest.as_ref().map_or(0, |rest| rest.len_in_files())
    }

    pub(super) fn has_file(&self) -> bool {
        self.rest.as_ref().is_some_and(|rest| rest.has_file())
    }

    pub(super) fn tail(&mut self) -> &mut Vec<u8> {
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

    pub(super) fn push_shared(&mut self, bytes: &Arc<SharedBytes>) {
        self.rest.get_or_insert_default().push(Arc::clone(bytes));
    }

    pub(super) fn push_file(&mut self, file: FileRange) {
        self.rest.get_or_insert_default().push_file(file);
    }

    /// Reads a file that is short, if it is next. What cannot be read stays in it.
    pub(super) fn load_short(&mut self, file: &mut FileRange) {
        let is_next = self.rest.is_none() && self.loaded() < LITTLE;
        if is_next && file.len() <= PIECE as u64 {
            let room = usize::try_from(file.len()).unwrap_or(PIECE);
            let _ = file.read_piece(self.roomy_tail(room));
        }
    }

    /// The end with room for more than most messages need. A buffer that has less is left to those.
    fn roomy_tail(&mut self, room: usize) -> &mut Vec<u8> {
        let tail = self.tail();
        if tail.capacity() - tail.len() < room {
            let mut roomy = Vec::with_capacity(tail.len() + room);
            roomy.extend_from_slice(tail);
            spare::give_back(mem::replace(tail, roomy));
        }
        tail
    }

    /// As [`SendBuffer::write_to`](super::SendBuffer::write_to).
    pub(super) fn write_to(&mut self, outlet: &mut impl Outlet) -> (usize, io::Result<()>) {
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

    /// Begins anew, with the room that it has if that is not much. Only when it is empty.
    pub(super) fn clear(&mut self) {
        if self.front.capacity() > spare::MOST_BYTES {
            self.front = Vec::new();
        }
        self.front.clear();
        self.written = 0;
    }

    fn forget_written(&mut self) {
        self.front.drain(..self.written);
        self.written = 0;
    }

    fn loaded(&self) -> usize {
        self.front.len() - self.written
    }
}
