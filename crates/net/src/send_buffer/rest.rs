//! What waits behind the front of a send buffer.

use std::{collections::VecDeque, io, mem, sync::Arc};

use super::{Outlet, SharedBytes};
use crate::file::{FileRange, PIECE};

/// A queue of segments, and of bytes behind them.
#[derive(Debug, Default)]
pub(super) struct Rest {
    segments: VecDeque<Segment>,
    /// How many of them are files.
    files: usize,
    /// How many bytes the others hold, and how many of those are shared.
    settled: usize,
    shared: usize,
    tail: Vec<u8>,
}

#[derive(Debug)]
enum Segment {
    File(FileRange),
    Own(Vec<u8>),
    /// And how many of them have been written already.
    Shared(Arc<SharedBytes>, usize),
}

impl Rest {
    pub(super) fn is_empty(&self) -> bool {
        self.segments.is_empty() && self.tail.is_empty()
    }

    /// How many bytes wait in memory.
    pub(super) fn len(&self) -> usize {
        self.settled + self.tail.len()
    }

    pub(super) const fn len_of_shared(&self) -> usize {
        self.shared
    }

    pub(super) const fn has_file(&self) -> bool {
        self.files > 0
    }

    pub(super) fn len_in_files(&self) -> u64 {
        let lengths = self.segments.iter().map(|segment| match segment {
            Segment::File(file) => file.len(),
            Segment::Own(_) | Segment::Shared(..) => 0,
        });
        if self.has_file() { lengths.sum() } else { 0 }
    }

    /// The end of the queue.
    pub(super) const fn tail(&mut self) -> &mut Vec<u8> {
        &mut self.tail
    }

    pub(super) fn push(&mut self, bytes: Arc<SharedBytes>) {
        self.settle();
        self.settled += bytes.len();
        self.shared += bytes.len();
        self.segments.push_back(Segment::Shared(bytes, 0));
    }

    pub(super) fn push_file(&mut self, file: FileRange) {
        self.settle();
        self.files += 1;
        self.segments.push_back(Segment::File(file));
    }

    /// Makes the tail a segment, for others to stand behind it.
    fn settle(&mut self) {
        if !self.tail.is_empty() {
            self.settled += self.tail.len();
            self.segments
                .push_back(Segment::Own(mem::take(&mut self.tail)));
        }
    }

    /// Writes what is at the front if it is not to be moved to a buffer before: a file that is worth a system call of its own, whose first
    /// piece leaves with the head before it, or shared bytes. Returns how many bytes were taken.
    pub(super) fn write_to(&mut self, outlet: &mut impl Outlet) -> Option<io::Result<usize>> {
        let written = match self.segments.front_mut()? {
            Segment::File(file) if file.len() > PIECE as u64 => {
                let written = outlet.write_file(file)?;
                written.inspect(|&count| file.advance(count))
            }
            Segment::Shared(bytes, gone) => outlet.write(&bytes[*gone..]).inspect(|&count| {
                *gone += count;
                self.settled -= count;
                self.shared -= count;
            }),
            Segment::File(_) | Segment::Own(_) => return None,
        };
        self.pop_written();
        Some(written)
    }

    /// Lets go of what is at the front if it is through.
    fn pop_written(&mut self) {
        match self.segments.front() {
            Some(Segment::File(file)) if file.is_empty() => self.files -= 1,
            Some(Segment::Shared(bytes, gone)) if *gone == bytes.len() => {}
            _ => return,
        }
        self.segments.pop_front();
    }

    /// Moves what is at the front to the end of `buffer`, of a file the next piece; nothing of what is shared.
    ///
    /// # Errors
    /// When a file cannot be read, or is shorter than it was.
    pub(super) fn take_piece(&mut self, buffer: &mut Vec<u8>) -> io::Result<()> {
        match self.segments.front_mut() {
            Some(Segment::File(file)) => {
                file.read_piece(buffer)?;
                self.pop_written();
            }
            Some(Segment::Own(bytes)) => {
                self.settled -= bytes.len();
                buffer.append(bytes);
                self.segments.pop_front();
            }
            Some(Segment::Shared(..)) => {}
            None => buffer.append(&mut self.tail),
        }
        Ok(())
    }
}
