//! Bytes on their way out of a connection, some of them shared with other connections, and files among them.

mod queue;
mod rest;
mod shared;

pub use shared::SharedBytes;

use std::{io, sync::Arc};

use ouvrier_protocol::pool::Pool;

use self::queue::Queue;
use crate::file::FileRange;

/// Bytes from which a frame is worth being shared: fewer are copied, which is cheaper.
pub(crate) const SHARED: usize = 4 * 1024;

thread_local! {
    /// Queues that were emptied, for the next who sends.
    static SPARE: Pool<Box<Queue>, 4096> = const { Pool::new() };
}

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

/// A queue of bytes that costs nothing while it is empty, as it is for nearly all connections nearly all the time: then there is none.
#[derive(Debug, Default)]
pub struct SendBuffer(Option<Box<Queue>>);

impl SendBuffer {
    /// How many bytes wait in memory. Of a file that is a piece at most.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.as_ref().map_or(0, |queue| queue.len())
    }

    /// How many of them wait in one place for other queues as well.
    #[must_use]
    pub fn len_of_shared(&self) -> usize {
        self.0.as_ref().map_or(0, |queue| queue.len_of_shared())
    }

    /// Whether nothing waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.as_ref().is_none_or(|queue| queue.is_empty())
    }

    /// How many bytes wait in files.
    #[must_use]
    pub fn len_in_files(&self) -> u64 {
        self.0.as_ref().map_or(0, |queue| queue.len_in_files())
    }

    /// Whether there is a file among what waits.
    #[must_use]
    pub fn has_file(&self) -> bool {
        self.0.as_ref().is_some_and(|queue| queue.has_file())
    }

    /// The end of the queue, for encoders to append to. What is there already must be left alone.
    pub fn tail(&mut self) -> &mut Vec<u8> {
        self.queue().tail()
    }

    /// Appends bytes that may wait in other queues as well, and are not copied if they are many.
    pub fn push(&mut self, bytes: &Arc<SharedBytes>) {
        if bytes.len() < SHARED {
            self.tail().extend_from_slice(bytes);
        } else {
            self.queue().push_shared(bytes);
        }
    }

    /// Appends what a file holds. It is read when its turn comes, a piece at a time.
    pub fn push_file(&mut self, file: FileRange) {
        if !file.is_empty() {
            self.queue().push_file(file);
        }
    }

    /// As [`push_file`](Self::push_file), for when the queue is about to be written: a file of one piece, with little or nothing to be written before it, is
    /// read now. What cannot be read is found out in its turn.
    pub fn push_file_now(&mut self, mut file: FileRange) {
        self.queue().load_short(&mut file);
        self.push_file(file);
    }

    /// Offers the queue to `outlet` until it is empty, `outlet` fails, or it is somebody else's turn, and returns how many bytes were taken.
    ///
    /// # Errors
    /// What `outlet` returns; `WouldBlock` included. Bytes taken before the error are gone from the queue. A file that cannot be read, or that
    /// has become shorter, is an error too: what was promised of it cannot be kept.
    pub fn write_to(&mut self, outlet: &mut impl Outlet) -> (usize, io::Result<()>) {
        let Some(mut queue) = self.0.take() else {
            return (0, Ok(()));
        };
        let written = queue.write_to(outlet);
        if queue.is_empty() {
            give_back(queue);
        } else {
            self.0 = Some(queue);
        }
        written
    }

    #[inline]
    fn queue(&mut self) -> &mut Queue {
        self.0.get_or_insert_with(|| Pool::take(&SPARE))
    }
}

/// Keeps an empty queue for the next.
fn give_back(mut queue: Box<Queue>) {
    queue.clear();
    Pool::give_back(&SPARE, queue);
}

#[cfg(test)]
mod tests;
