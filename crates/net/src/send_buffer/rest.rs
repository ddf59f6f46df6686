//! What waits behind the front of a send buffer.

use std::{collections::VecDeque, io, mem, sync::Arc};

use super::SharedBytes;
use crate::file::FileRange;

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
    Shared(Arc<SharedBytes>),
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
            Segment::Own(_) | Segment::Shared(_) => 0,
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
        self.segments.push_back(Segment::Shared(bytes));
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

    /// The file at the front, if that is one.
    pub(super) fn file(&self) -> Option<&FileRange> {
        match self.segments.front()? {
            Segment::File(file) => Some(file),
            Segment::Own(_) | Segment::Shared(_) => None,
        }
    }

    /// So many bytes of the file at the front have been written without being read.
    pub(super) fn file_written(&mut self, count: usize) {
        if let Some(Segment::File(file)) = self.segments.front_mut() {
            file.advance(count);
            self.pop_read_file();
        }
    }

    /// Lets go of the file at the front if it is through.
    fn pop_read_file(&mut self) {
        if self.file().is_some_and(FileRange::is_empty) {
            self.files -= 1;
            self.segments.pop_front();
        }
    }

    /// Takes shared bytes off the front, if there are some.
    pub(super) fn take_shared(&mut self) -> Option<Arc<SharedBytes>> {
        let first = self.segments.pop_front();
        match first {
            Some(Segment::Shared(bytes)) => {
                self.settled -= bytes.len();
                self.shared -= bytes.len();
                Some(bytes)
            }
            Some(other) => {
                self.segments.push_front(other);
                None
            }
            None => None,
        }
    }

    /// Moves what is at the front to the end of `buffer`, of a file the next piece; nothing of what is shared.
    ///
    /// # Errors
    /// When a file cannot be read, or is shorter than it was.
    pub(super) fn take_piece(&mut self, buffer: &mut Vec<u8>) -> io::Result<()> {
        match self.segments.front_mut() {
            Some(Segment::File(file)) => {
                file.read_piece(buffer)?;
                self.pop_read_file();
            }
            Some(Segment::Own(bytes)) => {
                self.settled -= bytes.len();
                buffer.append(bytes);
                self.segments.pop_front();
            }
            Some(Segment::Shared(_)) => {}
            None => buffer.append(&mut self.tail),
        }
        Ok(())
    }
}
